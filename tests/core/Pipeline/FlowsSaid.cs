using System.Runtime.InteropServices;
using System.Text;
using NetSniff.Records;

namespace NetSniff.Tests.Pipeline;

/// <summary>What was said of each flow, whatever its number and whoever was first.</summary>
internal sealed class FlowsSaid : RecordConsumer
{
    private readonly Dictionary<ulong, List<string>> _flows = [];
    private readonly OutputBuffer _buffer = new(Stream.Null);
    private readonly RecordJson _json;

    public FlowsSaid() => _json = new RecordJson(_buffer, OriginBook.None);

    /// <summary>A text for each flow, of all its records.</summary>
    public IReadOnlyList<string> Flows =>
    [
        .. _flows.Values
            .Select(static lines => string.Concat(lines.Order(StringComparer.Ordinal)))
            .Order(StringComparer.Ordinal),
    ];

    public int Count => _flows.Values.Sum(static lines => lines.Count);

    public override void Consume(ReadOnlySpan<byte> records, int count)
    {
        foreach (var record in new RecordWalker(records))
        {
            var line = LineOf(record, out var flow);
            if (!_flows.TryGetValue(flow, out var lines)) _flows.Add(flow, lines = []);
            lines.Add(line);
        }
    }

    /// <summary>A record as JSON, without the number of its flow.</summary>
    public string LineOf(RecordView record, out ulong flow)
    {
        var bytes = record.Bytes.ToArray();
        ref var header = ref MemoryMarshal.AsRef<RecordHeader>(bytes.AsSpan());
        flow = header.FlowId;
        header.FlowId = 0;
        _json.Write(new RecordView(bytes));
        var line = Encoding.UTF8.GetString(_buffer.Pending);
        _buffer.Flush();
        return line;
    }
}
