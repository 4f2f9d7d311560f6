using NetSniff.Flows;
using NetSniff.Records;
using NetSniff.Wire.Batches;
using NetSniff.Wire.V1;
using NetSniff.Worker.Serve.Members;

namespace NetSniff.Worker.Serve.Cutting;

/// <summary>Reads of records only whose flow they are, and when that was.</summary>
/// <param name="flowsMax">More are not noted.</param>
internal sealed class FlowCollector(int flowsMax) : IAnswers<ObserveAnswer>
{
    /// <summary>A flow is told as over when it has been quiet for a moment; its last packets may come a little later.
    /// </summary>
    private const long AfterNanos = 1_000_000_000;

    private static readonly ushort s_flowKind = RecordKinds.Register<FlowRecord>().Id;
    private static readonly int s_first = RecordKinds.Register<FlowRecord>().Find("flow.first")!.Index;
    private static readonly int s_last = RecordKinds.Register<FlowRecord>().Find("flow.last")!.Index;

    private readonly BatchDecoder _decoder = new();
    private readonly Dictionary<(FlowName Name, ulong Id), (long From, long To)> _flows = [];

    public int Count => _flows.Count;

    /// <summary>There are more than could be noted, or than could be read.</summary>
    public bool IsCut { get; private set; }

    /// <summary>What the records' answer lacks.</summary>
    public Completeness Completeness { get; } = new();

    /// <summary>Only times of flows that are known are wanted.</summary>
    public bool OnlyTimes { get; set; }

    /// <summary>Told of flows as they are found.</summary>
    public Action<IReadOnlyList<FlowKey>>? Found { get; init; }

    /// <summary>Flows whose beginning and end no record told.</summary>
    public bool HasOpen => _flows.Values.Any(static time => time == default);

    public IEnumerable<FlowKey> Keys => _flows.Select(static one => one.Key.Name.Key(one.Value.From, one.Value.To));

    public Task WriteAsync(ObserveAnswer answer, CancellationToken cancel)
    {
        if (answer.WhatCase == ObserveAnswer.WhatOneofCase.Completeness)
        {
            // A flow whose end was not told is taken as open: nothing of it is left out.
            if (OnlyTimes) return Task.CompletedTask;

            IsCut |= answer.Completeness.IsCut;
            Completeness.Merge(answer.Completeness);
        }
        else if (_decoder.TryRead(answer.Batch.Span))
        {
            Read();
        }

        return Task.CompletedTask;
    }

    private void Read()
    {
        List<FlowKey> found = [];
        foreach (var record in new RecordWalker(_decoder.Records))
        {
            ref readonly var header = ref record.Header;
            var key = (FlowName.Of(in header), header.FlowId);
            var isKnown = _flows.TryGetValue(key, out var known);
            if (!isKnown && OnlyTimes) continue;
            if (!isKnown && _flows.Count >= flowsMax)
            {
                IsCut = true;
                continue;
            }

            var time = TimesOf(record);
            if (isKnown && time == default) continue;

            _flows[key] = known == default ? time : (Math.Min(known.From, time.From), Math.Max(known.To, time.To));
            if (!isKnown) found.Add(key.Item1.Key(0, 0));
        }

        if (found.Count > 0) Found?.Invoke(found);
    }

    private static (long From, long To) TimesOf(RecordView record)
    {
        if (record.Header.Kind != s_flowKind || !record.TryGet(s_first, out var first)
            || !record.TryGet(s_last, out var last)) return default;

        return (first.Nanos, last.Nanos + AfterNanos);
    }
}
