using System.Security.Cryptography.X509Certificates;
using NetSniff.Storage.MmapQueue;
using NetSniff.Wire.Security;

namespace NetSniff.Tests.Wire.Security;

public sealed class SensorNameTests : IDisposable
{
    private readonly Certificates _authority =
        Certificates.NewAuthority("t", DateTimeOffset.UtcNow, TimeSpan.FromDays(1));

    public void Dispose() => _authority.Dispose();

    [Fact]
    public void A_certificate_of_a_sensor_speaks_for_its_spools_alone()
    {
        using var named = X509Certificate2.CreateFromPem(_authority.IssueSensor("node-1").Certificate);
        Assert.Equal(["node-1"], SensorName.Of(named));
        var own = SensorName.IdPrefix("node-1") + "0123456789abcdef";
        Assert.True(SensorName.MaySend(named, own));
        Assert.False(SensorName.MaySend(named, SensorName.IdPrefix("node-2") + "0123456789abcdef"));
        Assert.False(SensorName.MaySend(named, new string('0', 32)));
        Assert.False(SensorName.MaySend(named, ""));
    }

    [Fact]
    public void One_that_names_no_sensor_speaks_for_any_as_does_none()
    {
        using var plain = X509Certificate2.CreateFromPem(_authority.Issue("node-1", "10.0.0.1").Certificate);
        Assert.Empty(SensorName.Of(plain));
        Assert.True(SensorName.MaySend(plain, new string('0', 32)));
        Assert.True(SensorName.MaySend(null, new string('0', 32)));
    }

    [Fact]
    public void A_spool_is_made_under_a_name_and_not_opened_under_another()
    {
        using var folder = new TemporaryFolder();
        var options = new QueueOptions { SegmentBytes = 1 << 16, BytesMax = 1 << 20 };
        string id;
        using (var spool = Spool.Open(folder["spool"], options, SensorName.IdPrefix("node-1"))) id = spool.Id;
        Assert.Matches($"^{SensorName.IdPrefix("node-1")}[0-9a-f]{{16}}$", id);
        using (var again = Spool.Open(folder["spool"], options, SensorName.IdPrefix("node-1")))
        {
            Assert.Equal(id, again.Id);
        }

        var problem = Assert.Throws<IOException>(
            () => Spool.Open(folder["spool"], options, SensorName.IdPrefix("node-2")));
        Assert.Contains("under another sensor's name", problem.Message, StringComparison.Ordinal);
        if (OperatingSystem.IsWindows()) return;

        const UnixFileMode owner = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
        Assert.Equal(owner, File.GetUnixFileMode(folder["spool"]));
        Assert.Equal(owner, File.GetUnixFileMode(folder["spool/lanes"]));
    }
}
