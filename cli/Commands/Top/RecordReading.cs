using NetSniff.Flows;
using NetSniff.Records;

namespace NetSniff.Cli.Commands.Top;

/// <summary>What `top` wants to know of a record, its fields found once for each kind.</summary>
internal sealed class RecordReading
{
    private static readonly Dictionary<string, ulong> s_failsFrom = new(StringComparer.Ordinal)
    {
        ["http.status"] = 400, ["grpc.status"] = 1, ["dns.rcode"] = 1,
    };

    private readonly ushort _flowKind = RecordKinds.Register<FlowRecord>().Id;
    private Kind[] _kinds = [];

    private sealed record Kind(int Latency, (int Index, string Name, ulong From)[] Codes);

    public bool IsFlow(in RecordHeader header) => header.Kind == _flowKind;

    public long? Latency(RecordView record)
    {
        var index = KindOf(record).Latency;
        return index >= 0 && record.TryGet(index, out var value) ? value.Nanos : null;
    }

    /// <summary>Fields of the record whose values mean failure.</summary>
    public IReadOnlyList<(string Field, ulong Value)> Errors(RecordView record)
    {
        List<(string, ulong)>? found = null;
        foreach (var (index, name, from) in KindOf(record).Codes)
        {
            if (record.TryGet(index, out var value) && value.Number >= from) (found ??= []).Add((name, value.Number));
        }

        return found ?? [];
    }

    private Kind KindOf(RecordView record)
    {
        if (record.Header.Kind >= _kinds.Length) _kinds = [.. RecordKinds.All.Select(Read)];
        return _kinds[record.Header.Kind];
    }

    private static Kind Read(RecordSchema schema) => new(
        schema.Fields.FirstOrDefault(field => field.Kind == FieldKind.Duration
            && field.Name.EndsWith(".latency", StringComparison.Ordinal))?.Index ?? -1,
        [
            .. schema.Fields.Where(field => s_failsFrom.ContainsKey(field.Name))
                .Select(field => (field.Index, field.Name, s_failsFrom[field.Name])),
        ]);
}
