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

    /// <summary>Words of a vector, by which rows are compared.</summary>
    private const int WordsAtOnce = 4;

    private static readonly int s_headerSize = Unsafe.SizeOf<RecordHeader>();

    private readonly int _bytes;
    private readonly int _stride;
    private readonly ulong* _rows;

    /// <summary>By word: the bits that are not the same in all rows.</summary>
    private readonly ulong* _different;

    /// <summary>Keeps what the pointers point into.</summary>
    private readonly ulong[] _memory;

    /// <param name="bytes">Header and cells of a record.</param>
    public RowBlock(int bytes)
    {
        _bytes = bytes;
        _stride = (bytes / sizeof(ulong) + WordsAtOnce - 1) / WordsAtOnce * WordsAtOnce;
        _memory = GC.AllocateArray<ulong>(_stride * (RowsMax + 1), pinned: true);
        _different = (ulong*)Unsafe.AsPointer(ref MemoryMarshal.GetArrayDataReference(_memory));
        _rows = _different + _stride;
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
        for (var at = 0; at < _stride; at += WordsAtOnce)
        {
            var first = Vector256.Load(_rows + at);
            var different = Vector256<ulong>.Zero;
            var row = _rows + at + _stride;
            for (var left = Rows - 1; left > 0; left--, row += _stride) different |= Vector256.Load(row) ^ first;
            different.Store(_different + at);
        }
    }

    /// <param name="place">Of the cell in the body.</param>
    public static RowWord CellAt(int place) => new((s_headerSize + place) / sizeof(ulong));

    public bool IsSame(RowWord word) => (_different[word.At] >> word.Shift & word.Mask) == 0;

    public ulong At(int row, RowWord word) => _rows[row * _stride + word.At] >> word.Shift & word.Mask;

    /// <returns>Bits that are set in all rows, and those that are in any.</returns>
    public (ulong All, ulong Any) Bits(RowWord word)
    {
        var (all, any) = (_rows[word.At], _rows[word.At]);
        if (IsSame(word)) return (all, any);

        for (var row = 1; row < Rows; row++)
        {
            all &= _rows[row * _stride + word.At];
            any |= _rows[row * _stride + word.At];
        }

        return (all, any);
    }

    /// <summary>All rows' numbers join a column.</summary>
    public void AddTo(NumberColumn column, RowWord word)
    {
        if (IsSame(word)) column.Add(At(0, word), Rows);
        else column.Add(_rows + word.At, _stride, Rows, word);
    }

    /// <summary>The numbers of those rows join a column that have a field.</summary>
    public void AddTo(NumberColumn column, RowWord word, int field) =>
        column.Add(_rows + word.At, _stride, Rows, word, _rows + Present.At, field);

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
