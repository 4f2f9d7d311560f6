using NetSniff.Pcap;

namespace NetSniff.Sensor.Capture.AfPacket;

/// <summary>The interfaces of captures that were opened together. A socket on all interfaces meets new ones while it
/// runs: a node that starts and stops pods sees many thousands in its time.</summary>
internal sealed class InterfaceList(int snapLengthMax)
{
    /// <summary>Interfaces told apart; those beyond share the last place.</summary>
    public const int PlacesMax = ushort.MaxValue;

    private const string BeyondName = "others";

    private readonly Lock _lock = new();
    private readonly Dictionary<int, ushort> _places = [];
    private CaptureInterface[] _interfaces = [];

    /// <summary>An array that is replaced, never changed: any thread reads it.</summary>
    public IReadOnlyList<CaptureInterface> Interfaces => Volatile.Read(ref _interfaces);

    /// <summary>The place of an interface; a new one gets the next.</summary>
    /// <param name="index">The kernel's number, which it does not give out twice.</param>
    /// <param name="nameOf">Asked when it is new.</param>
    public ushort PlaceOf(int index, LinkKind kind, Func<int, string> nameOf)
    {
        lock (_lock)
        {
            if (_places.TryGetValue(index, out var place)) return place;

            place = (ushort)Math.Min(_interfaces.Length, PlacesMax - 1);
            var name = _interfaces.Length < PlacesMax - 1 ? nameOf(index) : BeyondName;
            if (_interfaces.Length < PlacesMax)
            {
                var described = new CaptureInterface(name, kind.LinkType, snapLengthMax);
                Volatile.Write(ref _interfaces, [.. _interfaces, described]);
            }

            if (place < PlacesMax - 1) _places.Add(index, place);
            return place;
        }
    }
}
