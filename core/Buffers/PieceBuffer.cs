namespace NetSniff.Buffers;

/// <summary>Bytes that arrive in pieces with a place each, in any order, put together from the beginning. Bounded in
/// length and in pieces, its room lent by a pool.</summary>
/// <remarks>Where pieces overlap, the bytes that came first stay (ADR 4).</remarks>
public sealed class PieceBuffer(int bytesMax)
{
    /// <summary>Pieces that stand apart at the same time; clients that shuffle their hello make about twenty.</summary>
    public const int PiecesMax = 64;

    private const int BytesAtFirst = 2048;

    private readonly Piece[] _pieces = new Piece[PiecesMax];
    private byte[]? _bytes;
    private int _count;

    public int BytesMax { get; } = bytesMax;

    /// <summary>Something did not fit below a limit.</summary>
    public bool IsCut { get; private set; }

    public bool IsEmpty => _count == 0;

    /// <summary>What there is from the first byte on without a hole.</summary>
    public ReadOnlySpan<byte> Start => _count > 0 && _pieces[0].Start == 0 ? _bytes.AsSpan(0, _pieces[0].End) : default;

    /// <summary>Puts a piece in its place.</summary>
    /// <returns>False at a limit; then nothing changed but <see cref="IsCut"/>.</returns>
    public bool TryAdd(int start, ReadOnlySpan<byte> bytes, BufferPool pool)
    {
        if (bytes.IsEmpty) return true;
        if (start < 0 || start > BytesMax - bytes.Length || !TryMakeRoom(start + bytes.Length, pool))
        {
            IsCut = true;
            return false;
        }

        var end = start + bytes.Length;
        var first = 0;
        while (first < _count && _pieces[first].End < start) first++;
        if ((first == _count || _pieces[first].Start > end) && _count == PiecesMax)
        {
            IsCut = true;
            return false;
        }

        // Fill what is empty between the pieces that touch this one, and join them all.
        var (joinedStart, joinedEnd, position, behind) = (start, end, start, first);
        for (; behind < _count && _pieces[behind].Start <= end; behind++)
        {
            var piece = _pieces[behind];
            if (piece.Start > position) Copy(bytes, start, position, piece.Start);
            position = Math.Max(position, piece.End);
            joinedStart = Math.Min(joinedStart, piece.Start);
            joinedEnd = Math.Max(joinedEnd, piece.End);
        }

        if (position < end) Copy(bytes, start, position, end);
        Replace(first, behind, new Piece(joinedStart, joinedEnd));
        return true;
    }

    public void Reset(BufferPool pool)
    {
        if (_bytes is { } bytes) pool.Return(bytes);
        (_bytes, _count, IsCut) = (null, 0, false);
    }

    private void Copy(ReadOnlySpan<byte> bytes, int start, int from, int to) =>
        bytes[(from - start)..(to - start)].CopyTo(_bytes.AsSpan(from));

    private void Replace(int first, int behind, Piece joined)
    {
        Array.Copy(_pieces, behind, _pieces, first + 1, _count - behind);
        _pieces[first] = joined;
        _count += first + 1 - behind;
    }

    private bool TryMakeRoom(int wanted, BufferPool pool)
    {
        if (_bytes is not null && wanted <= _bytes.Length) return true;
        if (pool.TryRent(Math.Max(wanted, BytesAtFirst)) is not { } larger) return false;

        if (_bytes is { } smaller)
        {
            smaller.CopyTo(larger, 0);
            pool.Return(smaller);
        }

        _bytes = larger;
        return true;
    }

    private readonly record struct Piece(int Start, int End);
}
