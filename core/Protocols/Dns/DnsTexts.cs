using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using NetSniff.Buffers;
using NetSniff.Records;

namespace NetSniff.Protocols.Dns;

/// <summary>Texts one behind the other, each behind its length, in room that is kept: a <see cref="TextList"/> that
/// grows.</summary>
internal struct DnsTexts(int bytesMax)
{
    private const int LengthSize = sizeof(ushort);

    private readonly byte[] _room = new byte[bytesMax];
    private int _used;
    private int _count;

    public readonly TextList List
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => new(MemoryMarshal.CreateReadOnlySpan(ref MemoryMarshal.GetArrayDataReference(_room), _used), _count);
    }

    /// <summary>Room of the next text, none where its length does not fit.</summary>
    public readonly DnsText Next => new(_room.AsSpan(Math.Min(_used + LengthSize, _room.Length)));

    /// <summary>Bytes that the next text can have.</summary>
    public readonly int Left => _room.Length - _used - LengthSize;

    public void Clear() => (_used, _count) = (0, 0);

    /// <summary>Takes a text that is elsewhere. <see cref="Left"/> must not be below its length.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Add(ReadOnlySpan<byte> text)
    {
        ref var target = ref MemoryMarshal.GetReference(_room.AsSpan(_used, LengthSize + text.Length));
        BinaryPrimitives.WriteUInt16LittleEndian(MemoryMarshal.CreateSpan(ref target, LengthSize), (ushort)text.Length);
        ShortCopy.Copy(ref MemoryMarshal.GetReference(text), ref Unsafe.Add(ref target, LengthSize), text.Length);
        _used += LengthSize + text.Length;
        _count++;
    }

    /// <summary>Takes an IPv4 address. <see cref="Left"/> must not be below <see cref="Quads.TextBytesMax"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void AddQuad(ReadOnlySpan<byte> octets)
    {
        var target = _room.AsSpan(_used, LengthSize + Quads.TextBytesMax);
        var length = Quads.Write(octets, target[LengthSize..]);
        BinaryPrimitives.WriteUInt16LittleEndian(target, (ushort)length);
        _used += LengthSize + length;
        _count++;
    }

    /// <summary>Keeps what was written to <see cref="Next"/>. <see cref="Left"/> must not be below that.</summary>
    public void Keep(int length)
    {
        BinaryPrimitives.WriteUInt16LittleEndian(_room.AsSpan(_used), (ushort)length);
        _used += LengthSize + length;
        _count++;
    }
}
