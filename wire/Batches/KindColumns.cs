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
    private readonly ulong _octets;
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
        for (var left = head.Present & _octets; left != 0; left &= left - 1)
        {
            ref readonly var columns = ref Unsafe.Add(ref first, BitOperations.TrailingZeroCount(left));
            AddOctets(in columns, ref Unsafe.Add(ref body, columns.Cell), _places);
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
        var (all, any) = _block.Bits(RowBlock.Present);
        for (var left = any & ~_octets; left != 0; left &= left - 1)
        {
            var field = BitOperations.TrailingZeroCount(left);
            var isInAll = (all >> field & 1) != 0;
            Gather(_numbers[FixedCount + field], RowBlock.CellAt(_cells[field]));
            if (_kinds[field] == FieldKind.Time) Gather(_beside[field]!, RowBlock.Time);

            void Gather(NumberColumn column, RowWord word)
            {
                if (isInAll) _block.AddTo(column, word);
                else _block.AddTo(column, word, field);
            }
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
    private static void AddOctets(ref readonly OctetColumns columns, ref byte cell, BatchPlaces places)
    {
        var place = Unsafe.As<byte, TextCell>(ref cell);
        var octets = MemoryMarshal.CreateReadOnlySpan(ref Unsafe.Add(ref cell, place.Start), place.Length);
        switch (columns.Kind)
        {
            case FieldKind.Text or FieldKind.Bytes:
                columns.Texts.Add(octets);
                break;
            case FieldKind.Texts:
                columns.Counts.Add((ulong)place.Count);
                columns.Texts.AddList(octets);
                places.Listed += place.Count;
                break;
            case FieldKind.Numbers:
                columns.Counts.Add((ulong)place.Count);
                columns.Numbers.Add(MemoryMarshal.Cast<byte, ulong>(octets));
                places.Listed += place.Count;
                break;
            default:
                columns.Addresses.Add(in Unsafe.As<byte, Address>(ref cell));
                break;
        }
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
