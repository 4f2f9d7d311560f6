using System.Collections.Immutable;
using NetSniff.Worker.Store.DuckDb;

namespace NetSniff.Worker.Store.ClickHouse;

/// <summary>What is stored at one instant: made by the writer with each commit, and swapped whole.</summary>
internal sealed record Picture
{
    public static Picture Empty { get; } = new();

    public ImmutableDictionary<LaneId, ulong> Stored { get; init; } = ImmutableDictionary<LaneId, ulong>.Empty;

    /// <summary>By kind and hour: how many records, and from when.</summary>
    public ImmutableDictionary<string, ImmutableSortedDictionary<int, Partition.Span>> Spans { get; init; } =
        ImmutableDictionary<string, ImmutableSortedDictionary<int, Partition.Span>>.Empty;

    /// <summary>SQL that holds for the rows which count.</summary>
    public string Settled { get; init; } = "0";

    public long Expired { get; init; }

    public long Retracted { get; init; }

    public long BytesOnDisk { get; init; }

    /// <summary>Hours that have records, in order; 0 is none of them.</summary>
    public IReadOnlyList<int> Hours =>
        [.. Spans.Values.SelectMany(hours => hours.Keys).Where(hour => hour != 0).Distinct().Order()];

    public Partition.Span SpanOf(string kind, int hour) =>
        Spans.TryGetValue(kind, out var hours) ? hours.GetValueOrDefault(hour) : default;

    public Picture With(string kind, int hour, Partition.Span span)
    {
        var hours = Spans.GetValueOrDefault(kind) ?? ImmutableSortedDictionary<int, Partition.Span>.Empty;
        hours = span.Records == 0 ? hours.Remove(hour) : hours.SetItem(hour, span);
        return this with { Spans = Spans.SetItem(kind, hours) };
    }

    public Picture Without(int hour) => this with
    {
        Spans = Spans.ToImmutableDictionary(kind => kind.Key, kind => kind.Value.Remove(hour), Spans.KeyComparer),
    };
}
