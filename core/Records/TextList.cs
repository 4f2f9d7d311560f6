using System.Buffers.Binary;
using System.Runtime.CompilerServices;

namespace NetSniff.Records;

/// <summary>Several texts packed one after the other, each behind its length (16 bits, little-endian). Borrowed.
/// </summary>
public readonly ref struct TextList(ReadOnlySpan<byte> packed, int count)
{
    public ReadOnlySpan<byte> Packed { get; } = packed;

    public int Count { get; } = count;

    public Enumerator GetEnumerator() => new(Packed);

    public ref struct Enumerator(ReadOnlySpan<byte> rest)
    {
        private ReadOnlySpan<byte> _rest = rest;

        public ReadOnlySpan<byte> Current { get; private set; }

        public bool MoveNext()
        {
            if (_rest.Length < 2) return false;

            var length = BinaryPrimitives.ReadUInt16LittleEndian(_rest);
            Current = _rest.Slice(2, length);
            _rest = _rest[(2 + length)..];
            return true;
        }
    }
}

/// <summary>Packs texts into scratch that the caller lends; what does not fit is left out and said so.</summary>
public ref struct TextListBuilder(Span<byte> scratch)
{
    private readonly Span<byte> _scratch = scratch;
    private int _used;

    public int Count { get; private set; }

    public bool IsCut { get; private set; }

    public readonly TextList List
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => new(_scratch[.._used], Count);
    }

    public void Add(scoped ReadOnlySpan<byte> text)
    {
        if (text.Length > ushort.MaxValue || _used + 2 + text.Length > _scratch.Length)
        {
            IsCut = true;
            return;
        }

        BinaryPrimitives.WriteUInt16LittleEndian(_scratch[_used..], (ushort)text.Length);
        text.CopyTo(_scratch[(_used + 2)..]);
        _used += 2 + text.Length;
        Count++;
    }
}
