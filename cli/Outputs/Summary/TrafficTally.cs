using System.Text;
using NetSniff.Flows;
using NetSniff.Packets;
using NetSniff.Protocols;
using NetSniff.Records;

namespace NetSniff.Cli.Outputs.Summary;

/// <summary>What one protocol came to.</summary>
internal sealed class ProtocolTally(string name)
{
    public string Name { get; } = name;

    public long Flows;
    public long Packets;
    public long Bytes;
    public long Transactions;

    /// <summary>Null until a record had a latency.</summary>
    public LogHistogram? Latency;

    public void Add(ProtocolTally other)
    {
        Flows += other.Flows;
        Packets += other.Packets;
        Bytes += other.Bytes;
        Transactions += other.Transactions;
        if (other.Latency is { } latency) (Latency ??= new LogHistogram()).Add(latency);
    }
}

/// <summary>Who answered where.</summary>
internal readonly record struct ServerKey(Address Address, ushort Port, byte Protocol, ushort App);

/// <summary>Adds up records for the summary. Bounded, whatever the traffic.</summary>
internal sealed class TrafficTally
{
    private const int KeysMax = 8192;
    private const int NameLengthMax = 128;
    private const int ErrorKindsMax = 1024;

    private readonly List<ProtocolTally?> _byApp = [];
    private readonly ProtocolTally?[] _byProtocol = new ProtocolTally?[256];
    private readonly Dictionary<(ushort Kind, int Field, ulong Value), long> _errors = [];
    private readonly int _flowKind = RecordKinds.Register<FlowRecord>().Id;
    private KindFields[] _kinds = [];

    public long Flows { get; private set; }

    public long FlowsReset { get; private set; }

    public long Transactions { get; private set; }

    public long Partial { get; private set; }

    public long Malformed { get; private set; }

    public LogHistogram Handshakes { get; } = new();

    public TopCounts<Address> Clients { get; } = new(KeysMax);

    public TopCounts<ServerKey> Servers { get; } = new(KeysMax);

    /// <summary>Host and service names asked for, one Latin-1 letter a byte.</summary>
    public TopCounts<string> Names { get; } = new(KeysMax);

    /// <summary>Those that occurred.</summary>
    public IEnumerable<ProtocolTally> Protocols => _byApp.Concat(_byProtocol).OfType<ProtocolTally>();

    /// <summary>How often which field had which value that means failure.</summary>
    public IEnumerable<(string Field, ulong Value, long Count)> Errors => _errors.Select(
        error => (RecordKinds.All[error.Key.Kind].Fields[error.Key.Field].Name, error.Key.Value, error.Value));

    public void Add(RecordView record)
    {
        ref readonly var header = ref record.Header;
        if (header.Kind >= _kinds.Length) _kinds = [.. RecordKinds.All.Select(schema => new KindFields(schema))];
        var protocol = ProtocolOf(header);
        if (header.Kind == _flowKind)
        {
            AddFlow(record, protocol);
            return;
        }

        Transactions++;
        protocol.Transactions++;
        if ((header.Traits & RecordTraits.Partial) != 0) Partial++;
        if ((header.Traits & RecordTraits.Malformed) != 0) Malformed++;
        var fields = _kinds[header.Kind];
        if (fields.Latency >= 0 && record.TryGet(fields.Latency, out var latency))
        {
            (protocol.Latency ??= new LogHistogram()).Add(latency.Nanos);
        }

        AddName(record, fields);
        foreach (var (index, failsFrom) in fields.Codes) AddCode(record, index, failsFrom);
    }

    /// <summary>Adds what another thread counted of other flows of the same capture.</summary>
    public void Add(TrafficTally other)
    {
        (Flows, FlowsReset) = (Flows + other.Flows, FlowsReset + other.FlowsReset);
        Transactions += other.Transactions;
        (Partial, Malformed) = (Partial + other.Partial, Malformed + other.Malformed);
        Handshakes.Add(other.Handshakes);
        Clients.Add(other.Clients);
        Servers.Add(other.Servers);
        Names.Add(other.Names);
        for (var protocol = 0; protocol < _byProtocol.Length; protocol++)
        {
            if (other._byProtocol[protocol] is { } tally) (_byProtocol[protocol] ??= new(tally.Name)).Add(tally);
        }

        while (_byApp.Count < other._byApp.Count) _byApp.Add(null);
        for (var app = 0; app < other._byApp.Count; app++)
        {
            if (other._byApp[app] is { } tally) (_byApp[app] ??= new(tally.Name)).Add(tally);
        }

        foreach (var (key, count) in other._errors) AddError(key, count);
    }

    private void AddFlow(RecordView record, ProtocolTally protocol)
    {
        ref readonly var header = ref record.Header;
        var flow = FlowNumbers.Read(record);
        Flows++;
        protocol.Flows++;
        protocol.Packets += flow.Packets;
        protocol.Bytes += flow.Bytes;
        if (flow.End == FlowEnd.Reset) FlowsReset++;
        if (flow.RttNanos is { } rtt) Handshakes.Add(rtt);
        Clients.Add(header.Client, 1, flow.Bytes);
        var hasPorts = header.Protocol is IpProtocol.Tcp or IpProtocol.Udp or IpProtocol.Sctp or IpProtocol.UdpLite;
        Servers.Add(
            new ServerKey(header.Server, hasPorts ? header.ServerPort : (ushort)0, header.Protocol, header.App),
            1,
            flow.Bytes);
    }

    private void AddName(RecordView record, KindFields fields)
    {
        foreach (var index in fields.Names)
        {
            if (!record.TryGet(index, out var value)) continue;

            var text = value.Text;
            Span<char> letters = stackalloc char[NameLengthMax];
            var length = Encoding.Latin1.GetChars(text[..Math.Min(text.Length, NameLengthMax)], letters);
            Names.Add<ReadOnlySpan<char>>(letters[..length], 1, 0);
            return;
        }
    }

    private void AddCode(RecordView record, int index, ulong failsFrom)
    {
        if (!record.TryGet(index, out var value) || value.Number < failsFrom) return;

        AddError((record.Header.Kind, index, value.Number), 1);
    }

    private void AddError((ushort Kind, int Field, ulong Value) key, long times)
    {
        if (_errors.TryGetValue(key, out var count) || _errors.Count < ErrorKindsMax) _errors[key] = count + times;
    }

    private ProtocolTally ProtocolOf(in RecordHeader header)
    {
        if (header.App == Apps.Unknown)
        {
            return _byProtocol[header.Protocol] ??= new ProtocolTally(IpProtocolNames.Own(header.Protocol));
        }

        while (_byApp.Count <= header.App) _byApp.Add(null);
        return _byApp[header.App] ??= new ProtocolTally(Apps.Name(header.App));
    }

    /// <summary>Which fields of a kind the summary is made of, found by their names.</summary>
    private sealed class KindFields
    {
        private static readonly string[] s_names =
            ["grpc.service", "http.host", "tls.sni", "quic.sni", "dns.qname", "dns.question.name"];

        private static readonly Dictionary<string, ulong> s_failsFrom = new(StringComparer.Ordinal)
        {
            ["http.status"] = 400,
            ["grpc.status"] = 1,
            ["dns.rcode"] = 1,
        };

        public KindFields(RecordSchema schema)
        {
            Latency = schema.Fields.FirstOrDefault(IsLatency)?.Index ?? -1;
            Names = [.. s_names.Select(schema.Find).OfType<Field>().Select(field => field.Index)];
            Codes =
            [
                .. schema.Fields.Where(field => s_failsFrom.ContainsKey(field.Name))
                    .Select(field => (field.Index, s_failsFrom[field.Name])),
            ];
        }

        public int Latency { get; }

        public int[] Names { get; }

        public (int Index, ulong FailsFrom)[] Codes { get; }

        private static bool IsLatency(Field field) =>
            field.Kind == FieldKind.Duration && field.Name.EndsWith(".latency", StringComparison.Ordinal);
    }
}
