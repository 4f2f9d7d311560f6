namespace NetSniff.Sensor.Capture.AfPacket;

/// <summary>What one capturing thread remembers of the common list, so that it asks once for each interface.</summary>
/// <param name="nameOf">Asks the kernel for the name of an index.</param>
internal sealed class InterfacePlaces(InterfaceList list, Func<int, string> nameOf)
{
    private readonly Dictionary<int, ushort> _places = [];
    private int _lastIndex = -1;
    private ushort _lastPlace;

    public InterfaceList List => list;

    public ushort Of(int index, LinkKind kind)
    {
        if (index == _lastIndex) return _lastPlace;
        if (!_places.TryGetValue(index, out var place))
        {
            place = list.PlaceOf(index, kind, nameOf);
            // Those that share the last place are too many to be remembered.
            if (place < InterfaceList.PlacesMax - 1) _places.Add(index, place);
        }

        (_lastIndex, _lastPlace) = (index, place);
        return place;
    }
}
