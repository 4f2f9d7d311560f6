using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.InteropServices;
using System.Text;
using NetSniff.Buffers;
using NetSniff.Packets;
using NetSniff.Records;

namespace NetSniff.Wire.Batches;

/// <summary>Where the tables of a batch have what a record's header names.</summary>
internal readonly record struct RecordPlaces(int App, int Origin, int ClientPeer, int ServerPeer);

/// <summary>The records of one kind, turned into columns.</summary>
internal sealed class KindColumns
{
    private const int FixedCount = (int)FixedColumn.Present + 1;

    private readonly FieldKind[] _kinds;
    private readonly byte[] _description;
    private readonly NumberColumn[] _numbers;
    private readonly TextColumn[] _texts;

    /// <summary>By field: the times of the records that have it (<see cref="FieldKind.Time"/>), or how many numbers
    /// each of them has (<see cref="FieldKind.Numbers"/>).</summary>
    private readonly NumberColumn[] _beside;

    private readonly NumberColumn _clients = new();
    private readonly NumberColumn _servers = new();

    public KindColumns(RecordSchema schema)
    {
        _kinds = [.. schema.Fields.Select(field => field.Kind)];
        _description = Describe(schema);
        _numbers = Make<NumberColumn>(FixedCount + schema.Fields.Count);
        _texts = Make<TextColumn>(FixedCount + schema.Fields.Count);
        _beside = Make<NumberColumn>(schema.Fields.Count);
    }

    public int Rows { get; private set; }

    /// <summary>Which of the kinds of the batch it is.</summary>
    public ulong Place { get; set; }

    /// <param name="places">What the header names, by its place in the batch.</param>
    public void Add(RecordView record, in RecordPlaces places)
    {
        ref readonly var head = ref record.Header;
        var time = (ulong)head.TimeNanos;
        Fixed(FixedColumn.Time, time);
        Fixed(FixedColumn.FlowId, head.FlowId);
        _texts[(int)FixedColumn.Client].Add(MemoryMarshal.AsBytes(new ReadOnlySpan<Address>(in head.Client)));
        _texts[(int)FixedColumn.Server].Add(MemoryMarshal.AsBytes(new ReadOnlySpan<Address>(in head.Server)));
        Fixed(FixedColumn.ClientPort, head.ClientPort);
        Fixed(FixedColumn.ServerPort, head.ServerPort);
        Fixed(FixedColumn.OuterVlan, head.OuterVlan);
        Fixed(FixedColumn.InnerVlan, head.InnerVlan);
        Fixed(FixedColumn.TunnelId, head.TunnelId);
        Fixed(FixedColumn.Interface, (ulong)places.Origin);
        Fixed(FixedColumn.App, (ulong)places.App);
        Fixed(FixedColumn.Protocol, head.Protocol);
        Fixed(FixedColumn.Tunnel, (ulong)head.Tunnel);
        Fixed(FixedColumn.Traits, (ulong)head.Traits);
        Fixed(FixedColumn.Present, head.Present);
        _clients.Add((ulong)places.ClientPeer);
        _servers.Add((ulong)places.ServerPeer);
        Rows++;
        AddFields(record.Body, head.Present, time);
    }

    /// <summary>Fields are taken straight from where they lie.</summary>
    private void AddFields(ReadOnlySpan<byte> body, ulong present, ulong time)
    {
        var kinds = _kinds;
        for (; present != 0; present &= present - 1)
        {
            var field = BitOperations.TrailingZeroCount(present);
            var kind = kinds[field];
            switch (kind)
            {
                case FieldKind.Number or FieldKind.Duration:
                    _numbers[FixedCount + field].Add(BinaryPrimitives.ReadUInt64LittleEndian(body));
                    body = body[sizeof(ulong)..];
                    break;
                case FieldKind.Flag:
                    _numbers[FixedCount + field].Add(body[0]);
                    body = body[1..];
                    break;
                case FieldKind.Text or FieldKind.Bytes:
                    var end = sizeof(ushort) + BinaryPrimitives.ReadUInt16LittleEndian(body);
                    _texts[FixedCount + field].Add(body[sizeof(ushort)..end]);
                    body = body[end..];
                    break;
                case FieldKind.Texts:
                    body = AddTexts(FixedCount + field, body);
                    break;
                case FieldKind.Numbers:
                    body = AddNumbers(field, body);
                    break;
                case FieldKind.Time:
                    _numbers[FixedCount + field].Add(BinaryPrimitives.ReadUInt64LittleEndian(body));
                    _beside[field].Add(time);
                    body = body[sizeof(ulong)..];
                    break;
                default:
                    _texts[FixedCount + field].Add(body[..Address.Size]);
                    body = body[Address.Size..];
                    break;
            }
        }
    }

    /// <returns>What follows the list.</returns>
    private ReadOnlySpan<byte> AddTexts(int column, ReadOnlySpan<byte> body)
    {
        const int HeadSize = sizeof(ushort) + sizeof(int);
        var end = HeadSize + BinaryPrimitives.ReadInt32LittleEndian(body[sizeof(ushort)..]);
        _numbers[column].Add(BinaryPrimitives.ReadUInt16LittleEndian(body));
        var texts = _texts[column];
        texts.BeginList();
        for (var rest = body[HeadSize..end]; !rest.IsEmpty;)
        {
            var textEnd = sizeof(ushort) + BinaryPrimitives.ReadUInt16LittleEndian(rest);
            texts.AddListed(rest[sizeof(ushort)..textEnd]);
            rest = rest[textEnd..];
        }

        return body[end..];
    }

    /// <returns>What follows the list.</returns>
    private ReadOnlySpan<byte> AddNumbers(int field, ReadOnlySpan<byte> body)
    {
        var count = BinaryPrimitives.ReadUInt16LittleEndian(body);
        body = body[sizeof(ushort)..];
        _beside[field].Add(count);
        var numbers = _numbers[FixedCount + field];
        for (var left = count; left > 0; left--)
        {
            numbers.Add(BinaryPrimitives.ReadUInt64LittleEndian(body));
            body = body[sizeof(ulong)..];
        }

        return body;
    }

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
                case FieldKind.Text or FieldKind.Bytes or FieldKind.Address:
                    _texts[column].Write(output);
                    break;
                case FieldKind.Texts:
                    _numbers[column].Write(output, [], []);
                    _texts[column].Write(output);
                    break;
                case FieldKind.Numbers:
                    _beside[field].Write(output, [], []);
                    _numbers[column].Write(output, [], []);
                    break;
                case FieldKind.Time when field >= 0:
                    _numbers[column].Write(output, _beside[field].Values, earlier);
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
        foreach (var column in _numbers) column.Clear();
        foreach (var column in _texts) column.Clear();
        foreach (var column in _beside) column.Clear();
        _clients.Clear();
        _servers.Clear();
    }

    internal static FieldKind KindOf(FixedColumn column) =>
        column is FixedColumn.Client or FixedColumn.Server ? FieldKind.Address : FieldKind.Number;

    private void Fixed(FixedColumn column, ulong value) => _numbers[(int)column].Add(value);

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

    private static T[] Make<T>(int count) where T : new()
    {
        var made = new T[count];
        for (var index = 0; index < count; index++) made[index] = new T();
        return made;
    }
}
