using System.Text;
using NetSniff.Protocols.Http;
using NetSniff.Records;
using NetSniff.Sensor;
using NetSniff.Sensor.Export;
using NetSniff.Storage.MmapQueue;

namespace NetSniff.Tests.Sensor.Export;

public sealed class ExporterTests
{
    private const int Seed = 1107;

    /// <summary>Headers that nothing packs, as long as anybody likes to send them, or many and short.</summary>
    [Theory]
    [InlineData(1, 7_900)]
    [InlineData(60, 8)]
    public void No_batch_is_longer_than_a_file_of_the_spool_whatever_is_in_it(int headers, int length)
    {
        using var folder = new TemporaryFolder();
        using var spool = Open(folder);
        using var exporter = new Exporter(
            spool, new Distribution(), new ExportOptions { AgeMax = TimeSpan.FromDays(1) }, "n", () => ["eth0"],
            TimeProvider.System);
        var random = new Random(Seed);
        var sink = new RecordSink(1 << 20, exporter);
        var bytes = 0L;
        var count = 0;
        for (; bytes < 10 << 20; count++)
        {
            var list = new TextListBuilder(new byte[16 * 1024]);
            for (var header = 0; header < headers; header++)
            {
                var text = new byte[length];
                random.NextBytes(text);
                list.Add(text);
                bytes += length;
            }

            var record = new HttpRecord
            {
                Version = "1.1"u8, Method = "GET"u8, Uri = Encoding.ASCII.GetBytes($"/{count}"), HasRequest = true,
                RequestHeaders = list.List,
            };
            sink.Emit(in record, timeNanos: count);
        }

        sink.Flush();
        exporter.Flush();
        Assert.Equal(0, exporter.Counters.RecordsTooLong);
        Assert.Equal(count, exporter.Counters.RecordsSpooled);
    }

    /// <summary>What most records are like goes in batches of as many records as one may have.</summary>
    [Fact]
    public void Flows_fill_a_batch_by_their_number()
    {
        using var folder = new TemporaryFolder();
        using var spool = Open(folder);
        var options = new ExportOptions { AgeMax = TimeSpan.FromDays(1) };
        using var exporter = new Exporter(
            spool, new Distribution(), options, "n", () => ["eth0"], TimeProvider.System);
        new NumberedFlows(exporter).Emit(3 * options.RecordsMax);
        Assert.Equal(3, exporter.Counters.Batches);
        Assert.Equal(3 * options.RecordsMax, exporter.Counters.RecordsSpooled);
    }

    private static Spool Open(TemporaryFolder folder) =>
        Spool.Open(folder.Path, new SensorOptions { Node = "n", Version = "test", Folder = folder.Path }.Spool);
}
