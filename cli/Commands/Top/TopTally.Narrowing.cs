using NetSniff.Filters.Expression;
using NetSniff.Flows;
using NetSniff.Protocols;
using NetSniff.Records;

namespace NetSniff.Cli.Commands.Top;

/// <summary>The same for what a filter lets through, beside all of it.</summary>
/// <remarks>Packets are not records, so of them a talker is asked: whether a flow between its ends would match, or a
/// record of it has. A filter on fields such as `http.status >= 500` thus shows the traffic of those who had such
/// answers.</remarks>
internal sealed partial class TopTally
{
    private readonly RecentRecords _recent = new();
    private readonly Filter? _filter;

    /// <summary>Whether a talker is looked at; asked anew when it turns out what it speaks.</summary>
    private readonly Dictionary<TalkerKey, bool> _wanted = [];
    private RecordSink? _questions;
    private bool _hasTraffic;

    public TopTally() { }

    private TopTally(Filter filter) => _filter = filter;

    /// <summary>What the filter lets through; null without one.</summary>
    public TopTally? Narrowed { get; private set; }

    /// <summary>Looks through a filter from now on: at what comes, at the records that are still kept, and at the
    /// traffic of talkers so far.</summary>
    public void Narrow(Filter? filter)
    {
        if (filter is null)
        {
            Narrowed = null;
            return;
        }

        var narrow = new TopTally(filter);
        foreach (var page in _recent.Pages())
        {
            foreach (var record in new RecordWalker(page.Span)) narrow.Offer(record, _hasTraffic);
        }

        if (!_hasTraffic)
        {
            foreach (var (key, rate) in _talkers) narrow.OfferTraffic(key, AppOf(key), rate);
        }

        (narrow._firstSecond, narrow._newestSecond) = (_firstSecond, _newestSecond);
        foreach (var rated in narrow.All()) rated.Settle();
        Narrowed = narrow;
    }

    private void Offer(RecordView record, bool hasTraffic)
    {
        ref readonly var header = ref record.Header;
        var key = new TalkerKey(header.Client, header.Server, header.ServerPort, header.Protocol);
        Learn(key, header.ClientPort, header.App);
        if (!_filter!.Matches(record)) return;

        if (_wanted.Count < AppsMax) _wanted[key] = true;
        AddRecord(record, hasTraffic);
    }

    private void OfferTraffic(TalkerKey key, ushort app, Rated rate)
    {
        if (!Wants(key, app)) return;

        TalkerOf(key).Take(rate.Count, rate.Bytes);
        Traffic.Take(rate.Count, rate.Bytes);
        ProtocolOf(app, key.Protocol).Traffic.Take(rate.Count, rate.Bytes);
        if (app != Apps.Unknown && _apps.Count < AppsMax) _apps[key] = app;
    }

    private bool Wants(TalkerKey key, ushort app)
    {
        if (_wanted.TryGetValue(key, out var isWanted)) return isWanted;

        isWanted = WouldMatch(key, app);
        if (_wanted.Count < AppsMax) _wanted[key] = isWanted;
        return isWanted;
    }

    /// <summary>Asks the filter about a flow that has nothing but ends.</summary>
    private bool WouldMatch(TalkerKey key, ushort app)
    {
        var sink = _questions ??= new RecordSink(2 * RecordSink.RecordBytesMax);
        sink.Clear();
        ref var header = ref sink.Context;
        (header.Client, header.Server, header.ServerPort) = (key.Client, key.Server, key.Port);
        (header.Protocol, header.App) = (key.Protocol, app);
        sink.Emit(default(FlowRecord), 0);
        return _filter!.Matches(new RecordView(sink.Bytes));
    }
}
