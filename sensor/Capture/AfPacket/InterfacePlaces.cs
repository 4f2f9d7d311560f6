namespace NetSniff.Sensor.Capture.AfPacket;

/// <summary>What one capturing thread remembers of the common list, so that it asks once for each interface.</summary>
/// <param name="nameOf">Asks the kernel for the name of an index.</param>
internal sealed class InterfacePlaces(InterfaceList list, Func<int, string> nameOf)
{
    private readonly Dictionary<int, ushort> _places = [];
    private int _lastIndex = -1;
    private ushort _lastPlace;
    private InterfaceChoice _choice = InterfaceChoice.All;
    private Verdict[] _verdicts = [];

    private enum Verdict : byte { Unknown, Wanted, Unwanted }

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

    /// <summary>Asked before frames are walked: the choice that holds now.</summary>
    public void Choose(InterfaceChoice choice)
    {
        if (ReferenceEquals(choice, _choice)) return;

        (_choice, _verdicts) = (choice, []);
    }

    /// <summary>Whether frames of the interface are wanted. Its name is looked at once for each choice.</summary>
    public bool IsWanted(ushort place)
    {
        if (_choice.IsAll) return true;

        var verdict = place < _verdicts.Length ? _verdicts[place] : Verdict.Unknown;
        return verdict == Verdict.Unknown ? Judge(place) : verdict == Verdict.Wanted;
    }

    private bool Judge(ushort place)
    {
        const int PlacesMin = 64;
        if (place >= _verdicts.Length) Array.Resize(ref _verdicts, Math.Max(PlacesMin, 2 * (place + 1)));
        var isWanted = _choice.Wants(list.Interfaces[place].Name);
        _verdicts[place] = isWanted ? Verdict.Wanted : Verdict.Unwanted;
        return isWanted;
    }
}
