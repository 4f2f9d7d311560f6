using System.Buffers.Binary;

namespace NetSniff.Protocols.Tls;

/// <summary>Number lists of a hello, kept for its record; what exceeds the limit is left out and said so.</summary>
internal sealed class KeptNumbers
{
    public const int CountMax = 512;

    private const int CountAtFirst = 64;

    private ulong[] _numbers = new ulong[CountAtFirst];
    private int _used;

    public bool IsCut { get; private set; }

    public ReadOnlySpan<ulong> this[Kept kept] => _numbers.AsSpan(kept.Start, kept.Length);

    /// <summary>Opens a list; close it with <see cref="Since"/>.</summary>
    public int Begin() => _used;

    public void Add(ulong number)
    {
        if (_used == CountMax)
        {
            IsCut = true;
            return;
        }

        if (_used == _numbers.Length) Array.Resize(ref _numbers, Math.Min(CountMax, 2 * _used));
        _numbers[_used++] = number;
    }

    public Kept Since(int begin) => new((ushort)begin, (ushort)(_used - begin));

    /// <summary>Two bytes of the wire to a number.</summary>
    public Kept Keep(ReadOnlySpan<byte> words)
    {
        var begin = Begin();
        for (; words.Length >= 2; words = words[2..]) Add(BinaryPrimitives.ReadUInt16BigEndian(words));
        return Since(begin);
    }

    public void Reset() => (_used, IsCut) = (0, false);
}
