using NetSniff.Cli.Outputs.Summary;
using NetSniff.Packets;
using NetSniff.Protocols;
using NetSniff.Records;

namespace NetSniff.Cli.Commands.Top;

/// <summary>What one protocol does now.</summary>
internal sealed class ProtocolRates(string name, ushort app, byte protocol)
{
    public ushort App { get; } = app;

    /// <summary>IANA number of what carries it, the first that was seen.</summary>
    public byte Protocol { get; } = protocol;

    public string Name { get; } = name;

    /// <summary>Packets and bytes.</summary>
    public Rated Traffic { get; } = new();

    public Rated Transactions { get; } = new();

    public Rated Errors { get; } = new();

    public RecentLatency Latency { get; } = new();
}

/// <summary>Adds up what passes, by who and by second. Sources add under <see cref="Lock"/>, the screen looks under it.
/// </summary>
internal sealed partial class TopTally
{
    public const int SecondsKept = 120;
    private const int TalkersMax = 8_192;
    private const int AppsMax = 65_536;
    private const int ErrorsMax = 1_024;
    private const int NamesMax = 65_536;

    private readonly Dictionary<TalkerKey, TalkerRates> _talkers = [];
    private readonly Dictionary<TalkerKey, ushort> _apps = [];

    /// <summary>Talkers whose ports told the wrong one for the service, and what they really are.</summary>
    private readonly Dictionary<TalkerKey, TalkerKey> _turned = [];
    private readonly Dictionary<string, ProtocolRates> _protocols = new(StringComparer.Ordinal);
    private readonly Dictionary<(string Field, ulong Value), Rated> _errors = [];
    private readonly Dictionary<Address, string> _names = [];
    private readonly long[] _bytesBySecond = new long[SecondsKept];
    private readonly RecordReading _reading = new();
    private long _newestSecond;
    private long _firstSecond;

    public Lock Lock { get; } = new();

    /// <summary>Packets and bytes of all.</summary>
    public Rated Traffic { get; } = new();

    public Rated Transactions { get; } = new();

    public Rated Errors { get; } = new();

    public RecentLatency Latency { get; } = new();

    /// <summary>Flows now, where a source knows.</summary>
    public long FlowsLive { get; set; }

    /// <summary>What was lost on the way here, by where.</summary>
    public IReadOnlyList<(string Where, long Count)> Lost { get; set; } = [];

    public IEnumerable<KeyValuePair<TalkerKey, TalkerRates>> Talkers => _talkers;

    public IEnumerable<ProtocolRates> Protocols => _protocols.Values;

    public IEnumerable<(string Field, ulong Value, Rated Rate)> ErrorRates =>
        _errors.Select(error => (error.Key.Field, error.Key.Value, error.Value));

    /// <summary>What the talker speaks, as far as a record said so.</summary>
    public ushort AppOf(TalkerKey key) => _apps.GetValueOrDefault(key);

    /// <summary>Who has the address, as records last said: `shop/cart-5b9`; null where none did.</summary>
    public string? NameOf(Address address) => _names.GetValueOrDefault(address);

    /// <summary>Bytes of the last seconds, the oldest first.</summary>
    public long[] LastSeconds(int count) => [.. Enumerable.Range(0, count).Select(
        index => _bytesBySecond[Place(_newestSecond - count + 1 + index)])];

    public void AddTraffic(TalkerKey key, long packets, long bytes, long nanos)
    {
        Traffic.Add(packets, bytes);
        AddSecond(nanos / 1_000_000_000, bytes);
        if (_turned.TryGetValue(key, out var right)) key = right;
        var app = _apps.GetValueOrDefault(key);
        ProtocolOf(app, key.Protocol).Traffic.Add(packets, bytes);
        TalkerOf(key).Add(packets, bytes);
        if (Narrowed is { } narrow && narrow.Wants(key, app)) narrow.AddTraffic(key, packets, bytes, nanos);
    }

    /// <param name="hasTraffic">Whether flow records stand for traffic, where no packets are seen.</param>
    public void AddRecord(RecordView record, bool hasTraffic)
    {
        ref readonly var header = ref record.Header;
        if (_filter is null)
        {
            _hasTraffic = hasTraffic;
            _recent.Add(record);
            Narrowed?.Offer(record, hasTraffic);
        }

        var key = new TalkerKey(header.Client, header.Server, header.ServerPort, header.Protocol);
        Learn(key, header.ClientPort, header.App);
        LearnName(header.Client, header.ClientPeer);
        LearnName(header.Server, header.ServerPeer);
        if (_reading.IsFlow(header))
        {
            if (!hasTraffic) return;

            AddFlow(key, header.App, FlowNumbers.Read(record), header.TimeNanos);
            return;
        }

        var protocol = ProtocolOf(header.App, header.Protocol);
        Transactions.Add(1, 0);
        protocol.Transactions.Add(1, 0);
        TalkerOf(key).Exchanges.Add(1, 0);
        if (_reading.Latency(record) is { } latency)
        {
            Latency.Add(latency);
            protocol.Latency.Add(latency);
        }

        foreach (var (field, value) in _reading.Errors(record))
        {
            Errors.Add(1, 0);
            protocol.Errors.Add(1, 0);
            if (!_errors.TryGetValue((field, value), out var error))
            {
                if (_errors.Count >= ErrorsMax) continue;
                _errors[(field, value)] = error = new Rated();
            }

            error.Add(1, 0);
        }
    }

    /// <summary>Rates are those of the time since the last turn.</summary>
    public void Turn(double seconds)
    {
        Narrowed?.Turn(seconds);
        foreach (var rated in All()) rated.Turn(seconds);
        Latency.Turn(seconds);
        foreach (var protocol in _protocols.Values) protocol.Latency.Turn(seconds);
    }

    /// <summary>Nothing more will come: rates are those of all the time there was.</summary>
    public void Average()
    {
        Narrowed?.Average();
        var seconds = Math.Max(1, _newestSecond - _firstSecond + 1);
        foreach (var rated in All()) rated.Average(seconds);
    }

    private IEnumerable<Rated> All() => new[] { Traffic, Transactions, Errors }.Concat(_talkers.Values)
        .Concat(_talkers.Values.Select(talker => talker.Exchanges))
        .Concat(_errors.Values)
        .Concat(_protocols.Values.SelectMany(one => new[] { one.Traffic, one.Transactions, one.Errors }));

    private ProtocolRates ProtocolOf(ushort app, byte protocol)
    {
        var name = app == Apps.Unknown ? Json.IpProtocolNames.Own(protocol) : Apps.Name(app);
        if (_protocols.TryGetValue(name, out var rates)) return rates;

        _protocols[name] = rates = new ProtocolRates(name, app, protocol);
        return rates;
    }

    private TalkerRates TalkerOf(TalkerKey key)
    {
        if (_talkers.TryGetValue(key, out var talker)) return talker;
        if (_talkers.Count >= TalkersMax) ForgetQuiet();
        return _talkers[key] = new TalkerRates();
    }

    /// <summary>A flow that is told at its end or after a while, as traffic of now. It is not offered to the filter's
    /// tally: that was offered the record.</summary>
    private void AddFlow(TalkerKey key, ushort app, FlowNumbers flow, long nanos)
    {
        Traffic.Add(flow.Packets, flow.Bytes);
        AddSecond(nanos / 1_000_000_000, flow.Bytes);
        ProtocolOf(app, key.Protocol).Traffic.Add(flow.Packets, flow.Bytes);
        TalkerOf(key).Add(flow.Packets, flow.Bytes);
    }

    /// <summary>A record knows who asked whom, and what they speak: what packets were taken for until then is put
    /// right.</summary>
    private void Learn(TalkerKey key, ushort clientPort, ushort app)
    {
        var wrong = new TalkerKey(key.Server, key.Client, clientPort, key.Protocol);
        if (wrong != key && _turned.Count < AppsMax && _talkers.Remove(wrong, out var mistaken))
        {
            _turned[wrong] = key;
            TalkerOf(key).Take(mistaken.Count, mistaken.Bytes);
            TalkerOf(key).Exchanges.Take(mistaken.Exchanges.Count, 0);
            Move(AppOf(wrong), AppOf(key), key.Protocol, mistaken);
        }

        var before = AppOf(key);
        if (app == Apps.Unknown || app == before || (_apps.Count >= AppsMax && before == Apps.Unknown)) return;

        _apps[key] = app;
        // What it speaks may be what the filter asks for.
        if (_wanted.TryGetValue(key, out var isWanted) && !isWanted) _wanted.Remove(key);
        if (_talkers.TryGetValue(key, out var talker)) Move(before, app, key.Protocol, talker);
    }

    private void LearnName(Address address, uint peer)
    {
        if (peer == Peers.Unnamed || (_names.Count >= NamesMax && !_names.ContainsKey(address))) return;

        var shown = Peers.Of(peer).Shown;
        if (!shown.IsEmpty) _names[address] = System.Text.Encoding.UTF8.GetString(shown);
    }

    private void Move(ushort from, ushort to, byte protocol, Rated counts)
    {
        if (from == to) return;

        ProtocolOf(from, protocol).Traffic.Take(-counts.Count, -counts.Bytes);
        ProtocolOf(to, protocol).Traffic.Take(counts.Count, counts.Bytes);
    }

    /// <summary>The quieter half makes room.</summary>
    private void ForgetQuiet()
    {
        var rates = _talkers.Values.Select(talker => talker.Liveliness).Order().ToList();
        var middle = rates[rates.Count / 2];
        foreach (var (key, talker) in _talkers)
        {
            if (talker.Liveliness > middle) continue;
            _talkers.Remove(key);
            if (_talkers.Count <= TalkersMax / 2) return;
        }
    }

    private void AddSecond(long second, long bytes)
    {
        if (_newestSecond == 0) _firstSecond = _newestSecond = second;
        if (second > _newestSecond + SecondsKept) Array.Clear(_bytesBySecond);
        else for (var gone = _newestSecond + 1; gone <= second; gone++) _bytesBySecond[Place(gone)] = 0;
        _newestSecond = Math.Max(_newestSecond, second);
        if (second > _newestSecond - SecondsKept) _bytesBySecond[Place(second)] += bytes;
    }

    private static int Place(long second) => (int)(((second % SecondsKept) + SecondsKept) % SecondsKept);
}
