using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using NetSniff.Records;

namespace NetSniff.Wire.Batches;

/// <summary>Where in a row something is.</summary>
/// <param name="At">Which of its words of eight bytes.</param>
/// <param name="Shift">The lowest of the bits.</param>
/// <param name="Mask">Which bits, once shifted.</param>
internal readonly record struct RowWord(int At, int Shift = 0, ulong Mask = ulong.MaxValue);

/// <summary>Headers and cells of some records of one kind, one row under the other: going down a column of them costs a
/// few instructions a number, where going along a record costs a guess a field.</summary>
/// <remarks>What is the same in all rows, which is most, is found by comparing whole rows, and not gone down at all.
/// </remarks>
internal sealed unsafe class RowBlock
{
    /// <summary>So many rows stay in the nearest cache.</summary>
    public const int RowsMax = 64;

    /// <summary>Words of two vectors, by which rows are compared: a cache line.</summary>
    private const int WordsAtOnce = 8;

    private static readonly int s_headerSize = Unsafe.SizeOf<RecordHeader>();

    private readonly int _bytes;
    private readonly int _stride;
    private readonly ulong* _rows;

    /// <summary>By word: the bits that are not the same in all rows.</summary>
    private readonly ulong* _different;

    /// <summary>By row: the bits of the fields it has. Filled in where they are not the same in all.</summary>
    private readonly ulong* _present;

    /// <summary>Keeps what the pointers point into.</summary>
    private readonly ulong[] _memory;

    /// <param name="bytes">Header and cells of a record.</param>
    public RowBlock(int bytes)
    {
        _bytes = bytes;
        _stride = (bytes / sizeof(ulong) + WordsAtOnce - 1) / WordsAtOnce * WordsAtOnce;
        _memory = GC.AllocateArray<ulong>(_stride * (RowsMax + 1) + RowsMax, pinned: true);
        _different = (ulong*)Unsafe.AsPointer(ref MemoryMarshal.GetArrayDataReference(_memory));
        _present = _different + _stride;
        _rows = _present + RowsMax;
    }

    /// <summary>Numbers of the header as they are.</summary>
    public static (FixedColumn Column, RowWord Word)[] HeadWords { get; } = MakeHeadWords();

    public static RowWord Time { get; } = HeadWords[0].Word;

    public static RowWord Present { get; } = HeadWords[^1].Word;

    /// <summary>What the header names: origin, application, client and server.</summary>
    public static RowWord[] NameWords { get; } = MakeNameWords();

    public int Rows { get; private set; }

    /// <param name="record">Whole; what lies behind its cells is left.</param>
    /// <returns>Whether that was the last there is room for.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool Add(ReadOnlySpan<byte> record)
    {
        record[.._bytes].CopyTo(new Span<byte>(_rows + Rows * _stride, _bytes));
        return ++Rows == RowsMax;
    }

    public void Clear() => Rows = 0;

    /// <summary>Finds what is the same in all rows. To be called before anything is asked.</summary>
    public void Compare()
    {
        var stride = _stride;
        var end = _rows + Rows * stride;
        for (var at = 0; at < stride; at += WordsAtOnce)
        {
            var first = Vector256.Load(_rows + at);
            var second = Vector256.Load(_rows + at + Vector256<ulong>.Count);
            var (differentFirst, differentSecond) = (Vector256<ulong>.Zero, Vector256<ulong>.Zero);
            for (var row = _rows + at + stride; row < end; row += stride)
            {
                differentFirst |= Vector256.Load(row) ^ first;
                differentSecond |= Vector256.Load(row + Vector256<ulong>.Count) ^ second;
            }

            differentFirst.Store(_different + at);
            differentSecond.Store(_different + at + Vector256<ulong>.Count);
        }

        if (!IsSame(Present)) RowWords.Copy(_rows + Present.At, stride, Rows, _present);
    }

    /// <param name="place">Of the cell in the body.</param>
    public static RowWord CellAt(int place) => new((s_headerSize + place) / sizeof(ulong));

    public bool IsSame(RowWord word) => (_different[word.At] >> word.Shift & word.Mask) == 0;

    public ulong At(int row, RowWord word) => _rows[row * _stride + word.At] >> word.Shift & word.Mask;

    /// <returns>Fields that all rows have, and those that any has.</returns>
    public (ulong InAll, ulong InAny) Fields()
    {
        var (all, any) = (_rows[Present.At], _rows[Present.At]);
        if (IsSame(Present)) return (all, any);

        foreach (var fields in new ReadOnlySpan<ulong>(_present, Rows)) (all, any) = (all & fields, any | fields);
        return (all, any);
    }

    /// <summary>A bit for each row that has a field, where not all have the same (<see cref="Fields"/>).</summary>
    public ulong RowsWith(int field)
    {
        var rows = 0ul;
        for (var row = 0; row < Rows; row += Vector256<ulong>.Count)
        {
            // What lies behind the last row is of an earlier block.
            var isThere = Vector256.Load(_present + row) << (63 - field);
            rows |= (ulong)isThere.ExtractMostSignificantBits() << row;
        }

        return rows & ulong.MaxValue >> (RowsMax - Rows);
    }

    /// <summary>All rows' numbers join a column.</summary>
    public void AddTo(NumberColumn column, RowWord word)
    {
        if (IsSame(word)) column.Add(At(0, word), Rows);
        else column.Add(_rows + word.At, _stride, Rows, word);
    }

    /// <summary>The numbers of some rows join a column.</summary>
    /// <param name="word">A whole one.</param>
    /// <param name="rows">A bit for each.</param>
    public void AddTo(NumberColumn column, RowWord word, ulong rows) => column.Add(_rows + word.At, _stride, rows);

    private static (FixedColumn Column, RowWord Word)[] MakeHeadWords()
    {
        RecordHeader head = default;
        return
        [
            (FixedColumn.Time, WordOf(in head, in head.TimeNanos)),
            (FixedColumn.FlowId, WordOf(in head, in head.FlowId)),
            (FixedColumn.ClientPort, WordOf(in head, in head.ClientPort)),
            (FixedColumn.ServerPort, WordOf(in head, in head.ServerPort)),
            (FixedColumn.OuterVlan, WordOf(in head, in head.OuterVlan)),
            (FixedColumn.InnerVlan, WordOf(in head, in head.InnerVlan)),
            (FixedColumn.TunnelId, WordOf(in head, in head.TunnelId)),
            (FixedColumn.Protocol, WordOf(in head, in head.Protocol)),
            (FixedColumn.Tunnel, WordOf(in head, in head.Tunnel)),
            (FixedColumn.Traits, WordOf(in head, in head.Traits)),
            (FixedColumn.Present, WordOf(in head, in head.Present)),
        ];
    }

    private static RowWord[] MakeNameWords()
    {
        RecordHeader head = default;
        return
        [
            WordOf(in head, in head.Interface), WordOf(in head, in head.App), WordOf(in head, in head.ClientPeer),
            WordOf(in head, in head.ServerPeer),
        ];
    }

    private static RowWord WordOf<T>(in RecordHeader head, in T field) where T : unmanaged
    {
        var offset = (int)Unsafe.ByteOffset(
            ref Unsafe.As<RecordHeader, byte>(ref Unsafe.AsRef(in head)),
            ref Unsafe.As<T, byte>(ref Unsafe.AsRef(in field)));
        var mask = sizeof(T) == sizeof(ulong) ? ulong.MaxValue : (1ul << 8 * sizeof(T)) - 1;
        return new RowWord(offset / sizeof(ulong), offset % sizeof(ulong) * 8, mask);
    }
}
