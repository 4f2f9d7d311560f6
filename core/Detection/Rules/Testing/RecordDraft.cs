using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using NetSniff.Filters.Expression;
using NetSniff.Packets;
using NetSniff.Records;

namespace NetSniff.Detection.Rules.Testing;

/// <summary>One record in the making.</summary>
internal sealed class RecordDraft(FieldCatalog catalog, SpecProblems problems, string path)
{
    private static readonly string[] s_course = ["kind", "protocol", "repeat", "every", "at"];

    private readonly PeerDraft _source = new(), _target = new();
    private readonly Dictionary<string, byte[]> _values = new(StringComparer.Ordinal);
    private RecordHeader _header;
    private string _node = "", _interface = "";

    /// <returns>Null where something is wrong with it, which is told.</returns>
    public byte[]? Make(SpecNode node, string number, long timeNanos, ulong place)
    {
        var before = problems.Errors;
        if (SchemaOf(node) is not { } schema) return null;

        var isDatagram = schema.Info.Name is "dns" or "quic" or "ntp";
        _header = new RecordHeader
        {
            Kind = schema.Id,
            TimeNanos = timeNanos,
            FlowId = place,
            Client = Address.FromBytes([192, 0, 2, 1]),
            Server = Address.FromBytes([192, 0, 2, 2]),
            ClientPort = 49152,
            Protocol = isDatagram ? IpProtocol.Udp : IpProtocol.Tcp,
        };
        foreach (var entry in node.Entries)
        {
            if (s_course.Contains(entry.Key, StringComparer.Ordinal)) ReadCourse(entry);
            else Read(entry, schema, number);
        }

        if (problems.Errors > before) return null;

        _header.ClientPeer = _source.Number();
        _header.ServerPeer = _target.Number();
        if (_node.Length + _interface.Length > 0) _header.Interface = Origins.Add(_node, _interface);
        return Bytes(schema);
    }

    private RecordSchema? SchemaOf(SpecNode node)
    {
        var kind = node.Find("kind")?.Value ?? KindOf(node.Find("protocol")?.Value ?? "");
        kind ??= node.Entries.Select(entry => catalog.Find(entry.Key)?.Record).FirstOrDefault(name => name is not null);
        kind ??= "flow";
        if (RecordKinds.All.FirstOrDefault(schema => schema.Info.Name == kind) is { } schema) return schema;

        problems.Add(node.Line, path, $"there is no kind of record '{SpecMap.Shown(kind)}'");
        return null;
    }

    private static string? KindOf(string protocol) => protocol switch
    {
        "" or "TCP" or "UDP" or "ICMP" => null,
        "HTTP1" or "HTTP2" or "GRPC" => "http",
        _ => protocol.ToLowerInvariant(),
    };

    private void ReadCourse(SpecEntry entry)
    {
        if (entry.Key != "protocol") return;

        _header.Protocol = entry.Value.Value switch
        {
            "TCP" => IpProtocol.Tcp, "UDP" => IpProtocol.Udp, "ICMP" => IpProtocol.Icmp, _ => _header.Protocol,
        };
        if (entry.Value.Value == "HTTP2") _values.TryAdd("http.version", "2"u8.ToArray());
    }

    private void Read(SpecEntry entry, RecordSchema schema, string number)
    {
        var at = $"{path}.{entry.Key}";
        if (catalog.FindBit(entry.Key) is var (bit, whole))
        {
            ReadBit(entry, schema, bit, whole, at);
            return;
        }

        if (catalog.Find(entry.Key) is not { } field)
        {
            var near = catalog.Nearest(entry.Key);
            problems.Add(entry.Line, at, near is null ? "unknown field" : $"unknown field; did you mean {near}?");
            return;
        }

        SpecNode[] values = entry.Value.Kind == SpecKind.List ? [.. entry.Value.Elements] : [entry.Value];
        SpecText[] texts = [.. values.Select(value =>
            new SpecText(RecordDrafts.Numbered(value.Value, number), value.Line, at))];
        if (field.Header != HeaderField.None)
        {
            if (texts is [var text]) ReadHeader(field, text);
            else problems.Add(entry.Line, at, "has one value");
            return;
        }

        if (schema.Find(field.Name) is null)
        {
            problems.Add(entry.Line, at, $"is no field of {schema.Info.Name}");
            return;
        }

        if (Octets(field, texts) is { } bytes) _values[field.Name] = bytes;
    }

    private void ReadBit(SpecEntry entry, RecordSchema schema, FieldBit bit, CatalogField whole, string at)
    {
        if (schema.Find(whole.Name) is null) problems.Add(entry.Line, at, $"is no field of {schema.Info.Name}");
        else if (entry.Value.Value is not ("true" or "false")) problems.Add(entry.Line, at, "is true or false");
        else
        {
            var before = _values.TryGetValue(whole.Name, out var bytes) ? MemoryMarshal.Read<ulong>(bytes) : 0;
            var mask = 1ul << bit.Bit;
            _values[whole.Name] = Word(entry.Value.Value == "true" ? before | mask : before & ~mask);
        }
    }

    private void ReadHeader(CatalogField field, SpecText text)
    {
        if (field.Peer is { } peer)
        {
            if (peer.Ends == PeerEnds.Either) problems.Add(text, "say whose: begin with src. or dst.");
            else if (!(peer.Ends == PeerEnds.Source ? _source : _target).TrySet(peer, text.Value))
            {
                problems.Add(text, $"there is no '{SpecMap.Shown(text.Value)}'");
            }

            return;
        }

        if (field.Header == HeaderField.Node) _node = text.Value;
        else if (field.Header == HeaderField.Interface) _interface = text.Value;
        else if (Literal(field, text) is { } literal) SetHeader(field, literal, text);
    }

    private void SetHeader(CatalogField field, FilterLiteral literal, SpecText text)
    {
        var value = literal.Low;
        switch (field.Header)
        {
            case HeaderField.App: _header.App = (ushort)value; break;
            case HeaderField.Time: _header.TimeNanos = (long)(value ^ ScalarRanges.SignFlip); break;
            case HeaderField.SourceIp: _header.Client = AddressOf(literal); break;
            case HeaderField.TargetIp: _header.Server = AddressOf(literal); break;
            case HeaderField.SourcePort: _header.ClientPort = (ushort)value; break;
            case HeaderField.TargetPort: _header.ServerPort = (ushort)value; break;
            case HeaderField.Proto: _header.Protocol = (byte)value; break;
            case HeaderField.Vlan: _header.OuterVlan = (ushort)value; break;
            case HeaderField.Tunnel: _header.Tunnel = (TunnelKind)value; break;
            case HeaderField.TunnelId: _header.TunnelId = (uint)value; break;
            case HeaderField.FlowId: _header.FlowId = value; break;
            case HeaderField.Partial when value != 0: _header.Traits |= RecordTraits.Partial; break;
            case HeaderField.Malformed when value != 0: _header.Traits |= RecordTraits.Malformed; break;
            case HeaderField.Partial or HeaderField.Malformed: break;
            default:
                problems.Add(text, "say which end: src. or dst.");
                break;
        }
    }

    /// <summary>A value as the filter language reads it, with its words for what is wrong.</summary>
    private FilterLiteral? Literal(CatalogField field, SpecText text)
    {
        var word = field.Kind is FieldKind.Text or FieldKind.Texts
            ? "'" + text.Value.Replace("\\", "\\\\", StringComparison.Ordinal)
                .Replace("'", "\\'", StringComparison.Ordinal) + "'"
            : text.Value;
        var parse = FilterExpression.Parse($"{field.Name} == {word}", catalog);
        if (parse.IsOk && parse.Filter.Root is CompareNode { Values: [var value] }) return value;

        problems.Add(text, parse.Problem is { } problem
            ? problem.Suggestion.Length == 0 ? problem.Text : $"{problem.Text}; {problem.Suggestion}"
            : $"'{SpecMap.Shown(text.Value)}' is no value of {field.Name}");
        return null;
    }

    /// <returns>As they lie in a body, without a place or count.</returns>
    private byte[]? Octets(CatalogField field, SpecText[] texts)
    {
        if (field.Kind == FieldKind.Texts)
        {
            var scratch = new byte[texts.Sum(static text => 2 + Encoding.UTF8.GetByteCount(text.Value))];
            var list = new TextListBuilder(scratch);
            foreach (var text in texts) list.Add(Encoding.UTF8.GetBytes(text.Value));
            return scratch;
        }

        if (field.Kind == FieldKind.Text && texts is [var only]) return Encoding.UTF8.GetBytes(only.Value);

        var literals = texts.Select(text => Literal(field, text)).ToArray();
        if (literals.Contains(null)) return null;
        if (field.Kind == FieldKind.Numbers)
        {
            return [.. literals.SelectMany(static one => Word(one!.Low))];
        }

        if (literals is not [{ } literal])
        {
            problems.Add(texts.FirstOrDefault() ?? new SpecText("", 0, path), "has one value");
            return null;
        }

        return field.Kind switch
        {
            FieldKind.Flag => [(byte)literal.Low],
            FieldKind.Duration or FieldKind.Time => Word(literal.Low ^ ScalarRanges.SignFlip),
            FieldKind.Address => Word(AddressOf(literal)),
            FieldKind.Bytes => [.. literal.Bytes],
            _ => Word(literal.Low),
        };
    }

    /// <summary>As they lie in an arena.</summary>
    private byte[] Bytes(RecordSchema schema)
    {
        var octets = schema.FixedBytes + _values.Values.Sum(static value => value.Length);
        var bytes = new byte[Math.Min(Unsafe.SizeOf<RecordHeader>() + ((octets + 7) & ~7), RecordSink.RecordBytesMax)];
        var writer = new RecordWriter(bytes, schema);
        foreach (var field in schema.Fields)
        {
            if (!_values.TryGetValue(field.Name, out var value)) continue;

            var isInCell = field.Kind < FieldKind.Text || field.Kind == FieldKind.Address;
            if (isInCell || value.Length <= writer.Left.Length) writer.Copy(field.Index, ValueOf(field.Kind, value));
            else problems.Add(0, $"{path}.{field.Name}", $"does not fit: a record has at most {bytes.Length} bytes");
        }

        return bytes[..writer.Finish(_header)];
    }

    private static FieldValue ValueOf(FieldKind kind, byte[] octets)
    {
        var count = kind switch
        {
            FieldKind.Numbers => octets.Length / sizeof(ulong),
            _ => 0,
        };
        if (kind == FieldKind.Texts) foreach (var _ in new TextList(octets, 0)) count++;
        return new FieldValue(kind, octets, count);
    }

    private static byte[] Word<T>(T value) where T : unmanaged
    {
        var bytes = new byte[Unsafe.SizeOf<T>()];
        MemoryMarshal.Write(bytes, in value);
        return bytes;
    }

    private static Address AddressOf(FilterLiteral literal)
    {
        Span<byte> bytes = stackalloc byte[Address.Size];
        System.Buffers.Binary.BinaryPrimitives.WriteUInt128BigEndian(bytes, literal.FirstAddress);
        return Address.FromBytes(bytes);
    }
}

/// <summary>One end of a record in the making.</summary>
internal sealed class PeerDraft
{
    private readonly Dictionary<string, string> _labels = new(StringComparer.Ordinal);
    private readonly Dictionary<PeerAspect, string> _texts = [];

    public bool TrySet(PeerField field, string value)
    {
        if (field.Aspect == PeerAspect.Label) _labels[field.Key] = value;
        else _texts[field.Aspect] = value;
        return field.Aspect != PeerAspect.Kind || Enum.TryParse<PeerKind>(value, ignoreCase: true, out _);
    }

    /// <summary>0 when nothing was said about it.</summary>
    public uint Number()
    {
        if (_texts.Count + _labels.Count == 0) return Peers.Unnamed;

        string Text(PeerAspect aspect) => _texts.GetValueOrDefault(aspect, "");
        return Peers.Add(new Peer
        {
            Kind = Enum.TryParse<PeerKind>(Text(PeerAspect.Kind), ignoreCase: true, out var kind) ? kind : PeerKind.Pod,
            Name = _texts.TryGetValue(PeerAspect.Pod, out var pod) ? pod : Text(PeerAspect.Name),
            Namespace = Text(PeerAspect.Namespace),
            Workload = Text(PeerAspect.Workload),
            WorkloadKind = Text(PeerAspect.WorkloadKind),
            Service = Text(PeerAspect.Service),
            Node = Text(PeerAspect.Node),
            Zone = Text(PeerAspect.Zone),
            Why = Text(PeerAspect.Why),
            Labels = [.. _labels],
        });
    }
}
