using System.Buffers.Binary;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using NetSniff.Packets;
using NetSniff.Records;

namespace NetSniff.Tests.Records;

public sealed class RecordWriterTests
{
    [Fact]
    public void A_record_written_field_by_field_is_the_one_a_sink_makes()
    {
        var record = Sample(hasNumber: true);
        var room = new byte[RecordWriter.BytesMax];
        new Random(1).NextBytes(room);
        var writer = new RecordWriter(room, record.Schema);
        foreach (var field in record) Write(ref writer, field.Index, field.Value);
        var length = writer.Finish(record.Header);
        Assert.Equal(record.Bytes.ToArray(), room[..length]);
    }

    [Fact]
    public void In_any_order_it_says_the_same()
    {
        var record = Sample(hasNumber: true);
        var room = new byte[RecordWriter.BytesMax];
        var writer = new RecordWriter(room, record.Schema);
        for (var field = record.Schema.Fields.Count - 1; field >= 0; field--)
        {
            if (record.TryGet(field, out var value)) writer.Copy(field, value);
        }

        var copy = new RecordView(room.AsSpan(0, writer.Finish(record.Header)));
        Assert.Equal(TestRecords.Line(record), TestRecords.Line(copy));
    }

    [Fact]
    public void A_cut_has_only_the_fields_that_were_asked_for()
    {
        var record = Sample(hasNumber: true);
        var room = new byte[record.Bytes.Length];
        for (var field = 0; field < record.Schema.Fields.Count; field++)
        {
            var copy = new RecordView(room.AsSpan(0, RecordCut.Copy(record, 1ul << field, room)));
            Assert.Equal(record.Has(field) ? 1ul << field : 0, copy.Header.Present);
            Assert.Equal(record.Has(field), copy.TryGet(field, out _));
            Assert.Equal(0, copy.Bytes.Length % 8);
        }
    }

    [Fact]
    public void What_there_is_no_room_for_is_said_and_left_out()
    {
        var record = Sample(hasNumber: false);
        var schema = record.Schema;
        var text = schema.Find("test.text")!.Index;
        var texts = schema.Find("test.texts")!.Index;
        var numbers = schema.Find("test.numbers")!.Index;
        var room = new byte[Unsafe.SizeOf<RecordHeader>() + schema.FixedBytes + 16];
        var writer = new RecordWriter(room, schema);
        Assert.False(writer.TryText(text, new byte[17]));
        Assert.False(writer.TryNumbers(numbers, new byte[24]));
        writer.BeginList();
        Assert.True(writer.TryListed("0123456789"u8));
        Assert.False(writer.TryListed("345"u8));
        Assert.True(writer.TryListed("34"u8));
        writer.EndList(texts);
        writer.BeginList();
        Assert.False(writer.TryListed(1));
        writer.EndList(numbers);
        var written = new RecordView(room.AsSpan(0, writer.Finish(record.Header)));
        Assert.Equal("test.every test.texts=[0123456789, 34]", TestRecords.Line(written));
    }

    [Fact]
    public void Begun_with_cells_it_has_their_fields_and_what_is_written_besides()
    {
        var schema = Sample(hasNumber: false).Schema;
        var (number, text) = (schema.Find("test.number")!.Index, schema.Find("test.text")!.Index);
        var cells = new byte[schema.FixedBytes];
        BinaryPrimitives.WriteUInt64LittleEndian(cells.AsSpan(schema.CellPlaces[number]), 77);
        var room = new byte[RecordWriter.BytesMax];
        for (var turn = 0; turn < 2; turn++)
        {
            var writer = new RecordWriter(room, schema, cells, 1ul << number);
            Assert.True(turn == 0 || writer.TryText(text, "more"u8));
            var written = new RecordView(room.AsSpan(0, writer.Finish(default)));
            Assert.Equal(turn == 0 ? 1ul << number : 1ul << number | 1ul << text, written.Header.Present);
            Assert.Equal(
                "test.every test.number=77" + (turn == 0 ? "" : " test.text=more"), TestRecords.Line(written));
        }
    }

    /// <summary>What lies between fields is nobody's to write, and would be whatever was there before.</summary>
    [Fact]
    public void A_header_has_nothing_between_its_fields()
    {
        const BindingFlags All = BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic;
        var sizes = typeof(RecordHeader).GetFields(All).Select(static field =>
            field.FieldType == typeof(Address) ? Unsafe.SizeOf<Address>()
                : Marshal.SizeOf(field.FieldType.IsEnum ? Enum.GetUnderlyingType(field.FieldType) : field.FieldType));
        Assert.Equal(Unsafe.SizeOf<RecordHeader>(), sizes.Sum());
    }

    [Fact]
    public void More_room_than_a_record_may_have_is_not_used()
    {
        var record = Sample(hasNumber: false);
        var writer = new RecordWriter(new byte[1 << 20], record.Schema);
        Assert.False(writer.TryText(record.Schema.Find("test.text")!.Index, new byte[RecordWriter.BytesMax]));
        Assert.Equal(
            RecordWriter.BytesMax - Unsafe.SizeOf<RecordHeader>() - record.Schema.FixedBytes, writer.Left.Length);
    }

    private static void Write(ref RecordWriter writer, int field, FieldValue value)
    {
        switch (value.Kind)
        {
            case FieldKind.Flag:
                writer.Flag(field, value.Flag);
                break;
            case FieldKind.Address:
                writer.Address(field, value.Address);
                break;
            case FieldKind.Text or FieldKind.Bytes:
                Assert.True(writer.TryText(field, value.Text));
                break;
            case FieldKind.Texts:
                writer.BeginList();
                foreach (var text in value.Texts) Assert.True(writer.TryListed(text));
                writer.EndList(field);
                break;
            case FieldKind.Numbers:
                writer.BeginList();
                for (var index = 0; index < value.NumbersCount; index++)
                {
                    Assert.True(writer.TryListed(value.NumberAt(index)));
                }

                writer.EndList(field);
                break;
            default:
                writer.Number(field, value.Number);
                break;
        }
    }

    private static RecordView Sample(bool hasNumber)
    {
        var sink = TestRecords.NewSink();
        sink.Context.FlowId = 42;
        sink.Context.Client = Address.FromV4(0x0100_000A);
        RecordSinkTests.Emit(sink, "first", [1, 2, ulong.MaxValue], hasNumber);
        return new RecordView(sink.Bytes.ToArray());
    }
}
