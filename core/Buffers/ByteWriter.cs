using System.Buffers.Binary;
using System.Diagnostics;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace NetSniff.Buffers;

/// <summary>Bytes that are appended to and used again: an array that grows and is never given back.</summary>
public sealed class ByteWriter(int capacity = 1024)
{
    /// <summary>Bytes of the longest variable-length number: ten times seven bits.</summary>
    public const int VarintSizeMax = Varint.SizeMax;

    private byte[] _bytes = new byte[capacity];

    public int Length { get; private set; }

    public int Capacity => _bytes.Length;

    public ReadOnlySpan<byte> Written => _bytes.AsSpan(0, Length);

    public ReadOnlyMemory<byte> WrittenMemory => _bytes.AsMemory(0, Length);

    /// <summary>The byte at a place that was written.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ref byte At(int position)
    {
        Debug.Assert((uint)position <= (uint)Length, "what was written");
        return ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(_bytes), position);
    }

    public void Clear() => Length = 0;

    public void Put(byte value)
    {
        if (Length == _bytes.Length) Grow(1);
        _bytes[Length++] = value;
    }

    public void Put(ReadOnlySpan<byte> bytes)
    {
        if (_bytes.Length - Length < bytes.Length) Grow(bytes.Length);
        ref var room = ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(_bytes), Length);
        ShortCopy.Copy(ref MemoryMarshal.GetReference(bytes), ref room, bytes.Length);
        Length += bytes.Length;
    }

    public void PutUInt16(ushort value)
    {
        BinaryPrimitives.WriteUInt16LittleEndian(Room(2), value);
        Length += 2;
    }

    public void PutUInt64(ulong value)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(Room(8), value);
        Length += 8;
    }

    /// <summary>Replaces bytes that were written before.</summary>
    public void Patch(int position, ReadOnlySpan<byte> bytes) => bytes.CopyTo(_bytes.AsSpan(position, bytes.Length));

    public void PutUInt32(uint value)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(Room(4), value);
        Length += 4;
    }

    /// <summary>A <see cref="Varint"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void PutVarint(ulong value)
    {
        if (_bytes.Length - Length < VarintSizeMax) Grow(VarintSizeMax);
        ref var at = ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(_bytes), Length);
        Length += Varint.Write(ref at, value);
    }

    /// <summary>A text behind its length.</summary>
    public void PutText(ReadOnlySpan<byte> text)
    {
        PutVarint((ulong)text.Length);
        Put(text);
    }

    /// <summary>Bytes to be filled by the caller and then counted with <see cref="Advance"/>.</summary>
    public Span<byte> Room(int size)
    {
        if (_bytes.Length - Length < size) Grow(size);
        return _bytes.AsSpan(Length);
    }

    public void Advance(int count) => Length += count;

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Grow(int size) =>
        Array.Resize(ref _bytes, (int)BitOperations.RoundUpToPowerOf2((uint)(Length + size)));
}
