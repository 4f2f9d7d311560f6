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
namespace NetSniff.Pcap
{
    public sealed record CaptureInterface(string Name, LinkType LinkType, int SnapLengthMax);
}
namespace NetSniff.Sensor.Capture
{
    using NetSniff.Pcap;
    public readonly record struct NamedCount(string Stage, string Reason, long Count);
    public sealed record CaptureCounters(long Received, long Filtered, IReadOnlyList<NamedCount> Drops, long Freezes = 0);
    public sealed record CaptureProblem(string Text, long? Offset = null);
    public sealed class CaptureException(string message) : Exception(message);
    public sealed record BpfProgram;
    public sealed class CaptureFilter(string text, Func<LinkType, BpfProgram> compile)
    {
        public BpfProgram For(LinkType linkType) => compile(linkType);
        public CaptureFilter Copy() => this;
    }
    public static class FilterCompiler { public static BpfProgram Compile(string text, LinkType link, int snap) => text.Contains("bogus") ? throw new CaptureException("bad filter: syntax error") : new(); }
    public abstract class PacketCapture : IDisposable
    {
        public abstract string Name { get; }
        public abstract IReadOnlyList<CaptureInterface> Interfaces { get; }
        public abstract int Receive(Span<Frame> frames, TimeSpan wait);
        public abstract void Release();
        public abstract CaptureCounters Counters { get; }
        public virtual CaptureProblem? Problem => null;
        public virtual double? Progress => null;
        public virtual long? BytesTotal => null;
        public void Dispose() { }
    }
    public static class PcapFileCapture { public static PacketCapture Open(string path, CaptureFilter? filter = null, bool isFollowed = false) => throw new CaptureException($"{path}: no such file"); }
    public enum CaptureDirection : byte { Both, In, Out }
    public sealed record LiveOptions
    {
        public const string AnyInterface = "any";
        public const int RingsMax = 64;
        public required IReadOnlyList<string> Interfaces { get; init; }
        public CaptureFilter? Filter { get; init; }
        public int SnapLengthMax { get; init; } = 262_144;
        public bool IsPromiscuous { get; init; } = true;
        public CaptureDirection Direction { get; init; }
        public int Rings { get; init; } = 1;
    }
    public sealed record CaptureBackendInfo(string Name, string About, string Needs);
    public readonly record struct CaptureSupport(bool IsSupported, string Why = "", string Remedy = "");
    public sealed record CaptureBackend(CaptureBackendInfo Info, Func<CaptureSupport> Support);
    public static class Captures
    {
        public static IReadOnlyList<CaptureBackend> All { get; } = [];
        public static IReadOnlyList<PacketCapture> OpenLive(LiveOptions options) => throw new CaptureException("no");
    }
    public static class AfPacketCapture { public static IReadOnlyList<PacketCapture> Open(LiveOptions options) => Captures.OpenLive(options); }
    public static class LibPcapCapture { public static PacketCapture Open(LiveOptions options) => throw new CaptureException("no"); }
}
