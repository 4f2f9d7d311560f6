using NetSniff.Json;

namespace NetSniff.Tests.Json;

public sealed class PlainTextTests
{
    /// <summary>Every length has its own way through vectors and words, and every place in it must be looked at.
    /// </summary>
    [Fact]
    public void Every_byte_is_looked_at_and_copied()
    {
        byte[] odd = [0, 0x1f, (byte)'"', (byte)'\\', 0x7f, 0x80, 0xff];
        for (var length = 0; length <= 100; length++)
        {
            var text = new byte[length];
            for (var at = 0; at < length; at++) text[at] = (byte)(' ' + at % 2 + 91 * (at % 3 / 2));
            var target = new byte[length];
            Assert.True(PlainText.TryCopy(text, target));
            Assert.Equal(text, target);
            for (var at = 0; at < length; at++)
            {
                var plain = text[at];
                text[at] = odd[(at + length) % odd.Length];
                Assert.False(PlainText.TryCopy(text, target));
                text[at] = plain;
            }
        }
    }
}
