using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using NetSniff.Filters.Expression;
using NetSniff.Json;
using NetSniff.Packets;
using NetSniff.Protocols;
using NetSniff.Records;

namespace NetSniff.Detection.Rules;

/// <summary>Takes the value of one field out of any record: into a key, as a number, or as text for people.</summary>
internal sealed class FieldProbe(CatalogField asked, OriginBook origins)
{
    /// <summary>Bytes of a value that is shown; all of it goes into keys.</summary>
    private const int ShownMax = 200;

    private readonly FieldLookup _place = new(asked);

    public string Name => asked.Name;

    public CatalogField Field => asked;

    /// <summary>Folds the value into a key; a asked that is not there counts as a value of its own.</summary>
    /// <returns>Whether it was there.</returns>
    public bool AddTo(ref KeyHash hash, in RecordView record)
    {
        if (asked.Header == HeaderField.None) return AddField(ref hash, in record);

        ref readonly var header = ref record.Header;
        switch (asked.Header)
        {
            case HeaderField.SourceIp: return AddAddress(ref hash, in header.Client);
            case HeaderField.TargetIp: return AddAddress(ref hash, in header.Server);
            case HeaderField.Ip: return AddAddress(ref hash, in header.Client) & AddAddress(ref hash, in header.Server);
            case >= HeaderField.Node:
                var text = HeaderText(in header);
                hash.Add(text);
                return text.Length > 0;
            default:
                var count = HeaderFields.Numbers(asked.Header, in header, out var first, out var second);
                hash.Add((ulong)count);
                if (count > 0) hash.Add(first);
                if (count > 1) hash.Add(second);
                return count > 0;
        }
    }

    /// <summary>The key that <see cref="AddTo"/> makes of a record with this value.</summary>
    public GroupKey KeyOf(FilterLiteral value)
    {
        var hash = new KeyHash();
        if (asked.Kind == FieldKind.Address)
        {
            Span<byte> bytes = stackalloc byte[Address.Size];
            BinaryPrimitives.WriteUInt128BigEndian(bytes, value.FirstAddress);
            if (asked.Header == HeaderField.None)
            {
                hash.Add(1);
                hash.Add(bytes);
            }
            else
            {
                AddAddress(ref hash, Address.FromBytes(bytes));
            }

            return hash.Key;
        }

        if (asked.Header >= HeaderField.Node)
        {
            hash.Add(Encoding.UTF8.GetString(value.Bytes));
            return hash.Key;
        }

        hash.Add(1);
        if (asked.Kind == FieldKind.Text) hash.Add(value.Bytes);
        else hash.Add(value.Low);
        return hash.Key;
    }

    public bool TryNumber(in RecordView record, out ulong number)
    {
        number = 0;
        if (asked.Header != HeaderField.None)
        {
            return HeaderFields.Numbers(asked.Header, in record.Header, out number, out _) > 0;
        }

        if (!_place.TryGet(in record, out var value)) return false;
        // A duration may be less than nothing where clocks differ; that adds nothing to a sum.
        number = asked.Kind == FieldKind.Duration ? (ulong)Math.Max(0, value.Nanos) : value.Number;
        return true;
    }

    /// <summary>The asked of the record itself, where it is one.</summary>
    public bool TryGet(in RecordView record, out FieldValue value) => _place.TryGet(in record, out value);

    /// <summary>For people; empty where it is not there.</summary>
    public string Text(RecordView record)
    {
        if (asked.Header != HeaderField.None) return Cut(HeaderShown(in record.Header));

        return _place.TryGet(in record, out var value) ? Cut(Shown(value)) : "";
    }

    public static string Utf8(ReadOnlySpan<byte> text) =>
        Encoding.UTF8.GetString(text[..Math.Min(text.Length, ShownMax)]);

    private bool AddField(ref KeyHash hash, in RecordView record)
    {
        if (!_place.TryGet(in record, out var value))
        {
            hash.Add(0);
            return false;
        }

        hash.Add(1);
        switch (value.Kind)
        {
            case FieldKind.Number or FieldKind.Duration or FieldKind.Time:
                hash.Add(value.Number);
                break;
            case FieldKind.Flag:
                hash.Add(value.Flag ? 1u : 0u);
                break;
            default:
                hash.Add(value.Raw);
                break;
        }

        return true;
    }

    private static bool AddAddress(ref KeyHash hash, in Address address)
    {
        hash.Add(address.First);
        hash.Add(address.Second);
        return true;
    }

    private string HeaderText(in RecordHeader header)
    {
        if (asked.Header == HeaderField.Node) return origins.Of(header.Interface).Node;
        if (asked.Header == HeaderField.Interface) return origins.Of(header.Interface).Interface;

        var peer = asked.Peer!;
        var first = peer.Ends == PeerEnds.Target ? header.ServerPeer : header.ClientPeer;
        var text = first == Peers.Unnamed ? "" : peer.TextOf(Peers.Of(first));
        if (text.Length > 0 || peer.Ends != PeerEnds.Either || header.ServerPeer == Peers.Unnamed) return text;

        return peer.TextOf(Peers.Of(header.ServerPeer));
    }

    private string HeaderShown(in RecordHeader header)
    {
        switch (asked.Header)
        {
            case HeaderField.SourceIp: return Shown(header.Client);
            case HeaderField.TargetIp: return Shown(header.Server);
            case HeaderField.Ip: return $"{Shown(header.Client)}, {Shown(header.Server)}";
            case HeaderField.Kind: return RecordKinds.Of(header.Kind).Info.Name;
            case HeaderField.App: return Apps.Name(header.App);
            case HeaderField.Proto: return IpProtocolNames.Own(header.Protocol);
            case HeaderField.Tunnel: return header.Tunnel.ToString().ToLowerInvariant();
            case HeaderField.Time: return ShownTime(header.TimeNanos);
            case >= HeaderField.Node: return HeaderText(in header);
            default:
                var count = HeaderFields.Numbers(asked.Header, in header, out var first, out var second);
                return count switch
                {
                    0 => "",
                    1 => first.ToString(CultureInfo.InvariantCulture),
                    _ => string.Create(CultureInfo.InvariantCulture, $"{first}, {second}"),
                };
        }
    }

    private static string Shown(FieldValue value)
    {
        switch (value.Kind)
        {
            case FieldKind.Number: return value.Number.ToString(CultureInfo.InvariantCulture);
            case FieldKind.Flag: return value.Flag ? "true" : "false";
            case FieldKind.Duration:
                return string.Create(CultureInfo.InvariantCulture, $"{value.Nanos / 1e6:0.###}ms");
            case FieldKind.Time: return ShownTime(value.Nanos);
            case FieldKind.Text: return Utf8(value.Text);
            case FieldKind.Bytes:
                return Convert.ToHexStringLower(value.Raw[..Math.Min(value.Raw.Length, ShownMax / 2)]);
            case FieldKind.Address: return Shown(value.Address);
            case FieldKind.Texts:
                var texts = new List<string>();
                foreach (var text in value.Texts) texts.Add(Utf8(text));
                return string.Join(", ", texts);
            default:
                var numbers = new List<string>();
                for (var index = 0; index < value.NumbersCount; index++)
                {
                    numbers.Add(value.NumberAt(index).ToString(CultureInfo.InvariantCulture));
                }

                return string.Join(", ", numbers);
        }
    }

    private static string Shown(Address address)
    {
        Span<byte> text = stackalloc byte[Address.TextSizeMax];
        return Encoding.ASCII.GetString(text[..address.Format(text)]);
    }

    private static string ShownTime(long nanos) =>
        DateTime.UnixEpoch.AddTicks(nanos / 100).ToString("yyyy-MM-ddTHH:mm:ss.fffffffZ", CultureInfo.InvariantCulture);

    private static string Cut(string text) => text.Length <= ShownMax ? text : text[..ShownMax];
}

/// <summary>The fields that records are put together by.</summary>
internal sealed class GroupFields(IReadOnlyList<FieldProbe> fields)
{
    private readonly FieldProbe[] _fields = [.. fields];

    public int Count => _fields.Length;

    public GroupKey KeyOf(in RecordView record)
    {
        var hash = new KeyHash();
        foreach (var field in _fields) field.AddTo(ref hash, in record);
        return hash.Key;
    }

    /// <summary>`field=value` each; those the record lacks are left out.</summary>
    public IEnumerable<string> Texts(RecordView record)
    {
        var texts = new List<string>(_fields.Length);
        foreach (var field in _fields)
        {
            if (field.Text(record) is { Length: > 0 } text) texts.Add($"{field.Name}={text}");
        }

        return texts;
    }
}
