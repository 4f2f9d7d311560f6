using NetSniff.Records;

namespace NetSniff.Tests.Worker.Store;

/// <summary>Keeps what a store gives.</summary>
internal sealed class Gathered : RecordConsumer
{
    public List<byte[]> Records { get; } = [];

    public List<long> Times { get; } = [];

    public List<string> Lines { get; } = [];

    public override void Consume(ReadOnlySpan<byte> records, int count)
    {
        var before = Records.Count;
        Records.AddRange(Split(records.ToArray()));
        Assert.Equal(count, Records.Count - before);
        foreach (var record in new RecordWalker(records))
        {
            Times.Add(record.Header.TimeNanos);
            Lines.Add(TestRecords.Line(record));
        }
    }

    public static List<byte[]> Split(byte[] records)
    {
        List<byte[]> split = [];
        for (var at = 0; at < records.Length; at += BitConverter.ToInt32(records, at))
        {
            split.Add(records[at..(at + BitConverter.ToInt32(records, at))]);
        }

        return split;
    }

    /// <summary>What every output makes of a record's octets, in any order.</summary>
    public static IEnumerable<string> Sorted(IEnumerable<byte[]> records) =>
        records.Select(Convert.ToHexString).Order(StringComparer.Ordinal);
}
