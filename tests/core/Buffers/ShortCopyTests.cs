using NetSniff.Buffers;

namespace NetSniff.Tests.Buffers;

public class ShortCopyTests
{
    [Fact]
    public void Every_length_is_copied_and_nothing_beside_it()
    {
        var from = Enumerable.Range(1, 80).Select(number => (byte)number).ToArray();
        for (var length = 0; length <= 70; length++)
        {
            var to = new byte[82];
            ShortCopy.Copy(ref from[0], ref to[1], length);
            Assert.Equal([0, .. from[..length], .. new byte[81 - length]], to);
        }
    }
}
