using NetSniff.Packets;
using NetSniff.Sensor.Capture;
using NetSniff.Sensor.Capture.AfPacket;
using NetSniff.Sensor.Capture.LibPcap;

namespace NetSniff.Sensor.Tasks;

/// <summary>Packets of a cut in the language of tcpdump, compiled here for whatever link they have. One thread.
/// </summary>
internal sealed class CutFilter
{
    private readonly CaptureFilter _filter;
    private readonly byte[] _room = new byte[AfPacketCapture.RoomBytes];
    private readonly HashSet<LinkType> _meaningless = [];

    private CutFilter(CaptureFilter filter) => _filter = filter;

    /// <summary>Whoever may ask for packets asks all sensors: no text keeps them.</summary>
    /// <returns>Null with a problem.</returns>
    public static CutFilter? Of(string text, out string problem)
    {
        problem = "";
        try
        {
            if (!text.StartsWith('-')) return new CutFilter(FilterCompiler.FilterWithoutNames(text));

            problem = $"filter '{text}': is an expression, no options of a command";
        }
        catch (CaptureException why)
        {
            problem = why.Message;
        }

        return null;
    }

    /// <summary>Of a packet that was kept without its payload, headers are all there is to ask. On a link that the
    /// expression makes no sense for, such as `ether host` on a tunnel's, nothing is meant.</summary>
    public bool Accepts(in Frame frame)
    {
        if (_meaningless.Contains(frame.LinkType)) return false;

        try
        {
            return KernelFilter.AcceptsWhole(_filter.For(frame.LinkType), in frame, _room);
        }
        catch (CaptureException)
        {
            _meaningless.Add(frame.LinkType);
            return false;
        }
    }
}
