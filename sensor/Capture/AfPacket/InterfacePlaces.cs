using NetSniff.Pcap;

namespace NetSniff.Sensor.Capture.AfPacket;

/// <summary>Which place in the list of interfaces a kernel index has. A socket on all interfaces meets new ones while
/// it runs.</summary>
internal sealed class InterfacePlaces(int snapLengthMax)
{
    private readonly Dictionary<int, ushort> _places = [];
    private readonly List<LinkKind> _kinds = [];
    private CaptureInterface[] _interfaces = [];
    private int _lastIndex = -1;
    private ushort _lastPlace;

    /// <summary>An array that is replaced, never changed: other threads read it.</summary>
    public IReadOnlyList<CaptureInterface> Interfaces => Volatile.Read(ref _interfaces);

    /// <summary>Asks for the name of an index.</summary>
    public Func<int, string> NameOf { get; set; } = _ => "";

    public ushort Add(int index, string name, LinkKind kind)
    {
        var place = (ushort)_interfaces.Length;
        _places[index] = place;
        _kinds.Add(kind);
        var described = new CaptureInterface(name, kind.LinkType, snapLengthMax);
        Volatile.Write(ref _interfaces, [.. _interfaces, described]);
        return place;
    }

    public ushort Of(int index, ushort hardware, out LinkKind kind)
    {
        if (index != _lastIndex)
        {
            if (!_places.TryGetValue(index, out var place))
            {
                // Nobody sees more than this; those beyond share the last place.
                place = _interfaces.Length < LiveOptions.InterfacesMax
                    ? Add(index, NameOf(index), LinkKind.Of(hardware))
                    : (ushort)(LiveOptions.InterfacesMax - 1);
            }

            (_lastIndex, _lastPlace) = (index, place);
        }

        kind = _kinds[_lastPlace];
        return _lastPlace;
    }
}
