#pragma warning disable
using NetSniff.Packets;
using NetSniff.Records;
namespace NetSniff.Pipeline
{
    public readonly record struct LedgerLine(string Stage, string Reason, long Count, bool IsLoss);
    public sealed class ShardCounters
    {
        public long Packets; public long Bytes;
        public IEnumerable<LedgerLine> Ledger() { yield return new("decode", "in", Packets, false); }
    }
    public sealed record ShardOptions
    {
        public ushort ShardNumber { get; init; }
        public bool ReadsProtocols { get; init; } = true;
        public bool KeepsFrameFlows { get; init; }
    }
    public sealed class Shard(ShardOptions options, RecordConsumer consumer) : IDisposable
    {
        public ShardCounters Counters { get; } = new();
        public RecordSink Records { get; } = new(1 << 20, consumer);
        public ReadOnlySpan<ulong> FrameFlows => new ulong[256];
        public void Run(ReadOnlySpan<Frame> frames) { foreach (var f in frames) { Counters.Packets++; } }
        public void Advance(long nowNanos) { }
        public void Finish() => Records.Flush();
        public void Dispose() { }
    }
}
namespace NetSniff.Filters.Expression
{
    public sealed record FilterProblem(int Column, int Length, string Text, string Suggestion = "")
    {
        public string Format(string expression) => Text;
    }
    public sealed class Filter { public bool IsAlways => true; public bool Matches(RecordView record) => true; }
    public sealed class FilterParse
    {
        public Filter? Filter { get; init; }
        public FilterProblem? Problem { get; init; }
        [System.Diagnostics.CodeAnalysis.MemberNotNullWhen(true, nameof(Filter))]
        [System.Diagnostics.CodeAnalysis.MemberNotNullWhen(false, nameof(Problem))]
        public bool IsOk => Filter is not null;
    }
    public static class FilterExpression
    {
        public static FilterParse Parse(string text) => text.Contains("bogus") ? new() { Problem = new(1, 1, "unknown field") } : new() { Filter = new() };
    }
    public sealed record CatalogField(string Name, FieldKind Kind, string? Record, string About, string Example)
    {
        public string KindInWords => Kind.ToString();
    }
    public sealed class FieldCatalog
    {
        public static FieldCatalog Shared { get; } = new();
        public IReadOnlyList<CatalogField> All { get; } = [.. RecordKinds.All.SelectMany(k => k.Fields.Select(f => new CatalogField(f.Name, f.Kind, k.Info.Name, f.About, f.Name)))];
        public IEnumerable<CatalogField> StartingWith(string start) => All.Where(f => f.Name.StartsWith(start));
    }
}
