using System.Buffers;
using NetSniff.Flows;
using NetSniff.Packets;
using NetSniff.Pcap;

namespace NetSniff.Wire.Control;

/// <summary>Packets of several nodes as one pcapng: an interface block for each node's interface, names of addresses
/// in front of the first packet that has them, and a comment with the Community ID at the first packet of each flow.
/// One thread.</summary>
/// <param name="comment">Of the section: what was asked for, and what is known to be missing.</param>
/// <param name="nameOf">Who had an address at a time; null or empty for nobody known.</param>
public sealed class CutFile(IBufferWriter<byte> output, string comment, Func<Address, long, string?>? nameOf = null)
    : ICutFile
{
    /// <summary>Addresses that are looked up, and flows that get a comment; later ones get none.</summary>
    public const int RememberedMax = 200_000;

    private readonly PcapngWriter _writer = new(output, "netsniff", comment);
    private readonly Dictionary<(string Node, CaptureInterface Interface), int> _places = [];
    private readonly HashSet<Address> _addresses = [];
    private readonly HashSet<ulong> _flows = [];
    private Packet _packet;
    private long _lastNanos;

    public ulong Packets { get; private set; }

    /// <summary>It has room for everything.</summary>
    public string? Lack => null;

    /// <summary>Nodes whose packets are in it.</summary>
    public int Interfaces => _places.Count;

    /// <param name="node">Empty where there is but one.</param>
    public void Write(string node, CaptureInterface seenAt, in Frame frame)
    {
        if (!_places.TryGetValue((node, seenAt), out var place))
        {
            _places[(node, seenAt)] = place = Describe(node, seenAt);
        }

        PacketDecoder.Decode(in frame, ref _packet);
        Span<byte> text = stackalloc byte[FlowPrefix.Length + CommunityId.TextSize];
        var length = 0;
        if (_packet.Status == DecodeStatus.Ok)
        {
            Name(_packet.Source, frame.TimeNanos);
            Name(_packet.Target, frame.TimeNanos);
            if (_flows.Count < RememberedMax && _flows.Add(_packet.Hash)) length = Comment(text);
        }

        _writer.Write(frame with { Interface = (ushort)place }, text[..length]);
        _lastNanos = Math.Max(_lastNanos, frame.TimeNanos);
        Packets++;
    }

    /// <summary>Notes at the end what was not known at the beginning. A file without packets has no place for it.
    /// </summary>
    public void End(string note)
    {
        if (note.Length > 0 && _places.Count > 0) _writer.WriteStatistics(0, _lastNanos, default, note);
    }

    private static ReadOnlySpan<byte> FlowPrefix => "flow "u8;

    private int Describe(string node, CaptureInterface seenAt)
    {
        var name = node.Length == 0 ? seenAt.Name : seenAt.Name.Length == 0 ? node : $"{node}/{seenAt.Name}";
        return _writer.AddInterface(seenAt with { Name = name }, node);
    }

    private void Name(Address address, long timeNanos)
    {
        if (nameOf is null || _addresses.Count >= RememberedMax || !_addresses.Add(address)) return;
        if (nameOf(address, timeNanos) is { Length: > 0 } name) _writer.WriteNames([new(address, name)]);
    }

    private int Comment(Span<byte> text)
    {
        FlowPrefix.CopyTo(text);
        // As flows have it: ICMP's code where there is no answering type.
        if (_packet.Protocol is IpProtocol.Icmp or IpProtocol.Icmpv6) IcmpPairs.Normalise(ref _packet);
        return FlowPrefix.Length + CommunityId.Format(
            text[FlowPrefix.Length..], _packet.Source, _packet.Target, _packet.Protocol, _packet.SourcePort,
            _packet.TargetPort);
    }
}
