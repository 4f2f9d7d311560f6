using NetSniff.Packets;
using NetSniff.Pcap;

namespace NetSniff.Tests.Pcap;

/// <summary>One adds while another looks.</summary>
public sealed class InterfaceRowTests
{
    private const int Count = 50_000;

    [Fact]
    public void Whoever_looks_meanwhile_finds_all_that_are_counted()
    {
        var row = new InterfaceRow();
        var wrong = 0;
        var looking = new Thread(() =>
        {
            for (var count = 0; count < Count; count = row.Count)
            {
                if (count > 0 && row[count - 1].SnapLengthMax != count - 1) wrong++;
                if (count > 0 && row[count / 2].SnapLengthMax != count / 2) wrong++;
            }
        });
        looking.Start();
        for (var place = 0; place < Count; place++) row.Add(new CaptureInterface("", LinkType.Ethernet, place));
        looking.Join();

        Assert.Equal(0, wrong);
        Assert.Equal(Enumerable.Range(0, Count), row.Select(static one => one.SnapLengthMax));
        Assert.Throws<ArgumentOutOfRangeException>(() => row[Count]);
        Assert.Throws<ArgumentOutOfRangeException>(() => row[-1]);
    }
}
