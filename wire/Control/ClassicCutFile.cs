using System.Buffers;
using System.Globalization;
using NetSniff.Packets;
using NetSniff.Pcap;

namespace NetSniff.Wire.Control;

/// <summary>Packets as a classic pcap, for tools that read nothing newer. It has one link type, that of the first
/// packet, and neither names, nodes nor comments.</summary>
public sealed class ClassicCutFile(IBufferWriter<byte> output) : ICutFile
{
    private PcapWriter? _writer;
    private LinkType _link;
    private ulong _others;

    public ulong Packets { get; private set; }

    public string? Lack => _others == 0 ? null : string.Create(
        CultureInfo.InvariantCulture,
        $"{_others} packets are left out: a classic pcap has one link type, and theirs is not {_link}");

    public void Write(string node, CaptureInterface seenAt, in Frame frame)
    {
        if (_writer is null) Begin(frame.LinkType);
        if (frame.LinkType != _link)
        {
            _others++;
            return;
        }

        _writer!.Write(in frame);
        Packets++;
    }

    public void End(string note)
    {
        // Without a packet it is a file nevertheless.
        if (_writer is null) Begin(LinkType.Ethernet);
    }

    private void Begin(LinkType link) => (_writer, _link) = (new PcapWriter(output, link), link);
}
