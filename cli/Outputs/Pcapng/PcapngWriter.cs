using NetSniff.Packets;
using NetSniff.Pcap;

namespace NetSniff.Cli.Outputs.Pcapng;

/// <summary>Writes frames as a pcapng file of one section, each interface described before its first frame.</summary>
internal sealed class PcapngWriter
{
    private readonly OutputBuffer _buffer;
    private readonly NetSniff.Pcap.PcapngWriter _file;
    private readonly Func<ushort, string?> _interfaceName;
    private readonly Dictionary<(ushort Interface, LinkType Link), ushort> _interfaces = [];
    private long _lastNanos;

    public PcapngWriter(OutputBuffer buffer, Func<ushort, string?> interfaceName)
    {
        _buffer = buffer;
        _interfaceName = interfaceName;
        _file = new NetSniff.Pcap.PcapngWriter(buffer, application: "netsniff");
    }

    public long Written { get; private set; }

    /// <summary>Writes a frame whose bytes may lie elsewhere by now; a VLAN tag taken out is put back.</summary>
    public unsafe void Write(in Frame frame, ReadOnlySpan<byte> bytes)
    {
        if (!_interfaces.TryGetValue((frame.Interface, frame.LinkType), out var place))
        {
            // What it was captured with is not known here, and 0 would be "no limit" in the file.
            var described = new CaptureInterface(_interfaceName(frame.Interface) ?? "", frame.LinkType, 0);
            place = (ushort)_file.AddInterface(described);
            _interfaces.Add((frame.Interface, frame.LinkType), place);
        }

        fixed (byte* start = bytes)
        {
            _file.Write(frame with { Data = (nint)start, CapturedLength = bytes.Length, Interface = place });
        }

        _lastNanos = Math.Max(_lastNanos, frame.TimeNanos);
        Written++;
        if (_buffer.Pending.Length >= OutputBuffer.PieceBytes) _buffer.Flush();
    }

    /// <summary>Notes how many were there and how many lost, where the file has a single interface to note it at.
    /// </summary>
    public void WriteStatistics(long offered, long lost)
    {
        if (_interfaces.Count == 1) _file.WriteStatistics(0, _lastNanos, new InterfaceStatistics(offered, lost));
    }

    public void Flush() => _buffer.Flush();
}
