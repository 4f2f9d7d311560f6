using System.Diagnostics;

namespace NetSniff.Protocols.Tls;

/// <summary>Where something kept lies.</summary>
internal readonly record struct Kept(ushort Start, ushort Length)
{
    public bool IsEmpty => Length == 0;
}

/// <summary>What a handshake must remember of messages that are gone by the time its record is written. Grows to a
/// limit once and stays, since its owner is pooled.</summary>
internal sealed class KeptBytes
{
    public const int BytesMax = 24 * 1024;

    private const int BytesAtFirst = 1024;

    private byte[] _bytes = new byte[BytesAtFirst];
    private int _used;

    /// <summary>Something did not fit, whole or in part.</summary>
    public bool IsCut { get; private set; }

    public ReadOnlySpan<byte> this[Kept kept] => _bytes.AsSpan(kept.Start, kept.Length);

    public Kept Keep(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length > BytesMax - _used)
        {
            IsCut = true;
            bytes = bytes[..(BytesMax - _used)];
        }

        bytes.CopyTo(Room(bytes.Length));
        return Take(bytes.Length);
    }

    /// <summary>Room to write into before <see cref="Take"/>: as much as asked for, or as there is below the limit.
    /// </summary>
    public Span<byte> Room(int wanted)
    {
        wanted = Math.Min(wanted, BytesMax - _used);
        if (_bytes.Length - _used < wanted)
        {
            Array.Resize(ref _bytes, Math.Min(BytesMax, Math.Max(2 * _bytes.Length, _used + wanted)));
        }

        return _bytes.AsSpan(_used, wanted);
    }

    /// <summary>Keeps the first bytes of the room.</summary>
    public Kept Take(int length)
    {
        Debug.Assert(length <= _bytes.Length - _used);
        var kept = new Kept((ushort)_used, (ushort)length);
        _used += length;
        return kept;
    }

    public void MarkCut() => IsCut = true;

    public void Reset() => (_used, IsCut) = (0, false);
}
