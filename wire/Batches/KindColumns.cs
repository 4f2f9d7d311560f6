using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using NetSniff.Buffers;
using NetSniff.Packets;
using NetSniff.Records;

namespace NetSniff.Wire.Batches;

/// <summary>The records of one kind, turned into columns.</summary>
/// <remarks>Texts are looked up as a record comes. Its header and cells only wait, side by side with those of others,
/// until there are enough to go down them column by column (<see cref="RowBlock"/>).</remarks>
internal sealed class KindColumns
{
    private const int FixedCount = (int)FixedColumn.Present + 1;

    private readonly FieldKind[] _kinds;
    private readonly int[] _cells;

    /// <summary>Fields whose octets are looked at as a record comes.</summary>
    private readonly ulong _octets;

    /// <summary>Those of them that are one text.</summary>
    private readonly ulong _singleTexts;
    private readonly OctetColumns[] _octetColumns;
    private readonly AddressColumn _clientAddresses;
    private readonly AddressColumn _serverAddresses;
    private readonly byte[] _description;
    private readonly BatchPlaces _places;
    private readonly RowBlock _block;
    private readonly NumberColumn[] _numbers;
    private readonly TextColumn?[] _texts;
    private readonly AddressColumn?[] _addresses;

    /// <summary>By field: the times of the records that have it (<see cref="FieldKind.Time"/>), or how many numbers
    /// each of them has (<see cref="FieldKind.Numbers"/>).</summary>
    private readonly NumberColumn?[] _beside;

    private readonly NumberColumn _clients = new();
    private readonly NumberColumn _servers = new();

    /// <param name="places">What the headers name, in the batch.</param>
    public KindColumns(RecordSchema schema, BatchPlaces places)
    {
        _kinds = [.. schema.Fields.Select(field => field.Kind)];
        _cells = [.. schema.CellPlaces];
        for (var field = 0; field < _kinds.Length; field++)
        {
            if (_kinds[field] >= FieldKind.Text) _octets |= 1ul << field;
            if (_kinds[field] is FieldKind.Text or FieldKind.Bytes) _singleTexts |= 1ul << field;
        }

        _description = Describe(schema);
        _places = places;
        _block = new RowBlock(Unsafe.SizeOf<RecordHeader>() + schema.FixedBytes);
        var columns = Enumerable.Range(-FixedCount, FixedCount + _kinds.Length)
            .Select(field => field < 0 ? KindOf((FixedColumn)(field + FixedCount)) : _kinds[field]).ToArray();
        _numbers = [.. columns.Select(static _ => new NumberColumn())];
        _texts = [.. columns.Select(static kind =>
            kind is FieldKind.Text or FieldKind.Bytes or FieldKind.Texts ? new TextColumn() : null)];
        _addresses = [.. columns.Select(static kind => kind == FieldKind.Address ? new AddressColumn() : null)];
        _beside = [.. _kinds.Select(static kind =>
            kind is FieldKind.Time or FieldKind.Numbers ? new NumberColumn() : null)];
        _clientAddresses = _addresses[(int)FixedColumn.Client]!;
        _serverAddresses = _addresses[(int)FixedColumn.Server]!;
        _octetColumns = [.. Enumerable.Range(0, _kinds.Length).Select(field => new OctetColumns(
            _kinds[field], _cells[field], _texts[FixedCount + field]!, _addresses[FixedCount + field]!,
            _numbers[FixedCount + field],
            _kinds[field] == FieldKind.Numbers ? _beside[field]! : _numbers[FixedCount + field]))];
    }

    public int Rows { get; private set; }

    /// <summary>Which of the kinds of the batch it is.</summary>
    public ulong Place { get; set; }

    public void Add(RecordView record)
    {
        ref readonly var head = ref record.Header;
        _clientAddresses.Add(in head.Client);
        _serverAddresses.Add(in head.Server);
        ref var body = ref MemoryMarshal.GetReference(record.Body);
        // No bit of the mask is beyond the fields.
        ref var first = ref MemoryMarshal.GetArrayDataReference(_octetColumns);
        for (var left = head.Present & _singleTexts; left != 0; left &= left - 1)
        {
            ref readonly var columns = ref Unsafe.Add(ref first, BitOperations.TrailingZeroCount(left));
            ref var cell = ref Unsafe.Add(ref body, columns.Cell);
            columns.Texts.Add(Octets(ref cell, Unsafe.As<byte, TextCell>(ref cell)));
        }

        for (var left = head.Present & (_octets ^ _singleTexts); left != 0; left &= left - 1)
        {
            ref readonly var columns = ref Unsafe.Add(ref first, BitOperations.TrailingZeroCount(left));
            AddOctets(in columns, ref Unsafe.Add(ref body, columns.Cell));
        }

        Rows++;
        if (_block.Add(record.Bytes)) Gather();
    }

    /// <summary>Those that wait join the columns.</summary>
    public void Gather()
    {
        if (_block.Rows == 0) return;

        _block.Compare();
        GatherHeads();
        var (inAll, inAny) = _block.Fields();
        for (var left = inAll & ~_octets; left != 0; left &= left - 1)
        {
            var field = BitOperations.TrailingZeroCount(left);
            _block.AddTo(_numbers[FixedCount + field], RowBlock.CellAt(_cells[field]));
            if (_kinds[field] == FieldKind.Time) _block.AddTo(_beside[field]!, RowBlock.Time);
        }

        for (var left = inAny & ~inAll & ~_octets; left != 0; left &= left - 1)
        {
            var field = BitOperations.TrailingZeroCount(left);
            var rows = _block.RowsWith(field);
            _block.AddTo(_numbers[FixedCount + field], RowBlock.CellAt(_cells[field]), rows);
            if (_kinds[field] == FieldKind.Time) _block.AddTo(_beside[field]!, RowBlock.Time, rows);
        }

        _block.Clear();
    }

    private void GatherHeads()
    {
        foreach (var (column, word) in RowBlock.HeadWords) _block.AddTo(_numbers[(int)column], word);
        GatherNames(NameOf.Origin, _numbers[(int)FixedColumn.Interface]);
        GatherNames(NameOf.App, _numbers[(int)FixedColumn.App]);
        GatherNames(NameOf.Client, _clients);
        GatherNames(NameOf.Server, _servers);
    }

    private void GatherNames(NameOf name, NumberColumn column)
    {
        var word = RowBlock.NameWords[(int)name];
        if (_block.IsSame(word))
        {
            column.Add(PlaceOf(name, (uint)_block.At(0, word)), _block.Rows);
            return;
        }

        for (var row = 0; row < _block.Rows; row++) column.Add(PlaceOf(name, (uint)_block.At(row, word)));
    }

    private ulong PlaceOf(NameOf name, uint number) => (ulong)(name switch
    {
        NameOf.Origin => _places.Origins.Of(number),
        NameOf.App => _places.Apps.Of(number),
        _ => _places.PeerOf(number),
    });

    /// <summary>In the order of <see cref="RowBlock.NameWords"/>.</summary>
    private enum NameOf { Origin, App, Client, Server }

    /// <param name="cell">Of our own process's making: its places are right.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ReadOnlySpan<byte> Octets(ref byte cell, TextCell place) =>
        MemoryMarshal.CreateReadOnlySpan(ref Unsafe.Add(ref cell, place.Start), place.Length);

    private void AddOctets(ref readonly OctetColumns columns, ref byte cell)
    {
        if (columns.Kind == FieldKind.Address)
        {
            columns.Addresses.Add(in Unsafe.As<byte, Address>(ref cell));
            return;
        }

        var place = Unsafe.As<byte, TextCell>(ref cell);
        _places.Listed += place.Count;
        columns.Counts.Add((ulong)place.Count);
        if (columns.Kind == FieldKind.Texts) columns.Texts.AddList(Octets(ref cell, place));
        else columns.Numbers.Add(MemoryMarshal.Cast<byte, ulong>(Octets(ref cell, place)));
    }

    /// <summary>Where what lies among a record's octets goes, or in a cell that is two words.</summary>
    private readonly record struct OctetColumns(
        FieldKind Kind, int Cell, TextColumn Texts, AddressColumn Addresses, NumberColumn Numbers, NumberColumn Counts);

    public void Write(ByteWriter output, bool hasPeers)
    {
        output.Put(_description);
        output.PutVarint((ulong)Rows);
        for (var column = 0; column < _numbers.Length; column++)
        {
            var field = column - FixedCount;
            var earlier = _numbers.AsSpan(0, column);
            switch (field < 0 ? KindOf((FixedColumn)column) : _kinds[field])
            {
                case FieldKind.Text or FieldKind.Bytes:
                    _texts[column]!.Write(output);
                    break;
                case FieldKind.Address:
                    _addresses[column]!.Write(output);
                    break;
                case FieldKind.Texts:
                    _numbers[column].Write(output, [], []);
                    _texts[column]!.Write(output);
                    break;
                case FieldKind.Numbers:
                    _beside[field]!.Write(output, [], []);
                    _numbers[column].Write(output, [], []);
                    break;
                case FieldKind.Time when field >= 0:
                    _numbers[column].Write(output, _beside[field]!.Values, earlier);
                    break;
                default:
                    _numbers[column].Write(output, [], earlier);
                    break;
            }
        }

        if (!hasPeers) return;
        _clients.Write(output, [], []);
        _servers.Write(output, [], []);
    }

    public void Clear()
    {
        Rows = 0;
        _block.Clear();
        foreach (var column in _numbers) column.Clear();
        foreach (var column in _texts) column?.Clear();
        foreach (var column in _addresses) column?.Clear();
        foreach (var column in _beside) column?.Clear();
        _clients.Clear();
        _servers.Clear();
    }

    internal static FieldKind KindOf(FixedColumn column) =>
        column is FixedColumn.Client or FixedColumn.Server ? FieldKind.Address : FieldKind.Number;

    private static byte[] Describe(RecordSchema schema)
    {
        var output = new ByteWriter();
        output.PutText(Encoding.UTF8.GetBytes(schema.Info.Name));
        output.PutVarint((ulong)schema.Fields.Count);
        foreach (var field in schema.Fields)
        {
            output.PutText(Encoding.UTF8.GetBytes(field.Name));
            output.Put((byte)field.Kind);
        }

        return output.Written.ToArray();
    }
}
