using NetSniff.Protocols.Dns;

namespace NetSniff.Tests.Protocols.Dns;

public class PlainLabelTests
{
    private const int LabelBytesMax = 63;

    [Fact]
    public void A_plain_label_is_copied_whatever_its_length()
    {
        for (var length = 1; length <= LabelBytesMax; length++)
        {
            var label = Enumerable.Range(0, length).Select(at => (byte)(' ' + at % 14)).ToArray();
            var target = new byte[length];
            Assert.True(PlainLabel.TryCopy(label, target), $"length {length}");
            Assert.Equal(label, target);
        }
    }

    [Theory]
    [InlineData('.')]
    [InlineData('\\')]
    [InlineData('\u001f')]
    [InlineData('\u0000')]
    [InlineData('\u007f')]
    [InlineData('\u0080')]
    [InlineData('\u00ff')]
    public void An_odd_octet_is_seen_at_every_place(char odd)
    {
        for (var length = 1; length <= LabelBytesMax; length++)
        {
            for (var at = 0; at < length; at++)
            {
                var label = Enumerable.Repeat((byte)'~', length).ToArray();
                label[at] = (byte)odd;
                Assert.False(PlainLabel.TryCopy(label, new byte[length]), $"{at} of {length}");
            }
        }
    }
}
