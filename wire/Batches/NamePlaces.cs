using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace NetSniff.Wire.Batches;

/// <summary>Numbers of a registry, each given a place in the table of a batch when it is first met.</summary>
internal sealed class NamePlaces
{
    private readonly List<uint> _numbers = [];
    private int[] _places = [];

    /// <summary>By place.</summary>
    public ReadOnlySpan<uint> Numbers => CollectionsMarshal.AsSpan(_numbers);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int Of(uint number)
    {
        var places = _places;
        return number < (uint)places.Length && places[number] is > 0 and var known ? known - 1 : Add(number);
    }

    private int Add(uint number)
    {
        if (number >= _places.Length) Array.Resize(ref _places, (int)Math.Max(number + number / 2 + 1, 256));
        _numbers.Add(number);
        return (_places[number] = _numbers.Count) - 1;
    }

    public void Clear()
    {
        foreach (var number in _numbers) _places[number] = 0;
        _numbers.Clear();
    }
}

/// <summary>What the headers of a batch's records name, each given its place.</summary>
internal sealed class BatchPlaces
{
    public NamePlaces Apps { get; } = new();

    public NamePlaces Origins { get; } = new();

    public NamePlaces Peers { get; } = new();

    /// <summary>Values in lists so far, all columns together.</summary>
    public long Listed { get; set; }

    /// <summary>The place of a peer plus one; 0 is none.</summary>
    public int PeerOf(uint peer) => peer == Records.Peers.Unnamed ? 0 : Peers.Of(peer) + 1;

    public void Clear()
    {
        Listed = 0;
        Apps.Clear();
        Origins.Clear();
        Peers.Clear();
    }
}
