using System.Collections;

namespace NetSniff.Pcap;

/// <summary>Interfaces in the order they were met. One thread adds; others may look meanwhile, and find all that were
/// there when they were told of one.</summary>
internal sealed class InterfaceRow : IReadOnlyList<CaptureInterface>
{
    private CaptureInterface[] _interfaces = [];
    private int _count;

    public int Count => Volatile.Read(ref _count);

    public CaptureInterface this[int place]
    {
        get
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)place, (uint)Count, nameof(place));
            return Volatile.Read(ref _interfaces)[place];
        }
    }

    public void Add(CaptureInterface described)
    {
        var row = _interfaces;
        if (_count == row.Length) Array.Resize(ref row, Math.Max(1, 2 * _count));
        row[_count] = described;

        // The row before its length: who sees the one finds the other.
        Volatile.Write(ref _interfaces, row);
        Volatile.Write(ref _count, _count + 1);
    }

    public IEnumerator<CaptureInterface> GetEnumerator() => Volatile.Read(ref _interfaces).Take(Count).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
