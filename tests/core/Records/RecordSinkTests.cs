using NetSniff.Packets;
using NetSniff.Records;

namespace NetSniff.Tests.Records;

public sealed class RecordSinkTests
{
    [Fact]
    public void What_goes_in_comes_out()
    {
        var sink = TestRecords.NewSink();
        sink.Context.FlowId = 42;
        Emit(sink, "first", [1, 2, ulong.MaxValue], hasNumber: true);
        Emit(sink, "", [], hasNumber: false);
        Assert.Equal(
            [
                "test.every test.number=7 test.flag=true test.duration=-5 test.time=9 test.text=first test.bytes=00FF "
                    + "test.address=10.0.0.7 test.texts=[one, , three] test.numbers=[1, 2, 18446744073709551615]",
                "test.every test.flag=true test.duration=-5 test.time=9 test.bytes=00FF test.address=10.0.0.7 "
                    + "test.texts=[one, , three]",
            ],
            TestRecords.Lines(sink));
        foreach (var record in new RecordWalker(sink.Bytes))
        {
            Assert.Equal((42ul, 1000), (record.Header.FlowId, record.Header.TimeNanos));
            Assert.Equal(0, record.Header.Length % 8);
        }
    }

    [Fact]
    public void A_field_is_found_by_name_past_absent_ones()
    {
        var sink = TestRecords.NewSink();
        Emit(sink, "", [3], hasNumber: false);
        foreach (var record in new RecordWalker(sink.Bytes))
        {
            Assert.False(record.TryGet("test.number", out _));
            Assert.False(record.TryGet("test.nothing", out _));
            Assert.True(record.TryGet("test.numbers", out var numbers));
            Assert.Equal((1, 3ul), (numbers.NumbersCount, numbers.NumberAt(0)));
        }
    }

    [Fact]
    public void Without_a_consumer_what_does_not_fit_is_dropped_and_counted()
    {
        var sink = new RecordSink(2 * RecordSink.RecordBytesMax);
        while (sink.Dropped == 0) Emit(sink, new string('x', 1000), [], hasNumber: true);
        Assert.Equal(sink.Emitted, sink.Count);
        Assert.Equal(sink.Count, TestRecords.Lines(sink).Count);
    }

    [Fact]
    public void With_a_consumer_every_record_arrives_once()
    {
        var counter = new Counter();
        var sink = new RecordSink(2 * RecordSink.RecordBytesMax, counter);
        for (var count = 0; count < 1000; count++) Emit(sink, new string('x', 1000), [], hasNumber: true);
        sink.Flush();
        Assert.Equal((1000, 1000, 0), (counter.Count, sink.Emitted, sink.Dropped));
    }

    [Fact]
    public void A_text_too_long_is_cut_and_counted()
    {
        var sink = TestRecords.NewSink();
        Emit(sink, new string('x', 70_000), [5], hasNumber: true);
        Assert.True(sink.TextsCut > 0);
        Assert.InRange(sink.Bytes.Length, 1, RecordSink.RecordBytesMax);
        Assert.Single(TestRecords.Lines(sink));
    }

    [Fact]
    public void A_list_that_outgrows_its_scratch_says_so()
    {
        var list = new TextListBuilder(stackalloc byte[10]);
        list.Add("four"u8);
        list.Add("four"u8);
        list.Add("1"u8);
        Assert.True(list.IsCut);
        Assert.Equal(2, list.Count); // a shorter one may still fit
    }

    internal static void Emit(RecordSink sink, string text, ulong[] numbers, bool hasNumber)
    {
        var texts = new TextListBuilder(stackalloc byte[100]);
        texts.Add("one"u8);
        texts.Add(""u8);
        texts.Add("three"u8);
        var record = new EveryKind
        {
            HasNumber = hasNumber,
            Text = System.Text.Encoding.ASCII.GetBytes(text),
            Texts = texts.List,
            Numbers = numbers,
        };
        sink.Emit(in record, 1000);
    }

    private sealed class Counter : RecordConsumer
    {
        public int Count { get; private set; }

        public override void Consume(ReadOnlySpan<byte> records, int count)
        {
            foreach (var record in new RecordWalker(records)) Count += record.Has(4) ? 1 : 0;
        }
    }

    private readonly ref struct EveryKind : IRecord
    {
        public static RecordInfo Info { get; } = new("test.every", "One field of every kind.");

        public bool HasNumber { get; init; }
        public ReadOnlySpan<byte> Text { get; init; }
        public TextList Texts { get; init; }
        public ReadOnlySpan<ulong> Numbers { get; init; }

        public void Describe<TVisitor>(ref TVisitor visitor) where TVisitor : IFieldVisitor, allows ref struct
        {
            visitor.Number("test.number", "A number", 7, HasNumber);
            visitor.Flag("test.flag", "A flag", true);
            visitor.Duration("test.duration", "A duration", -5);
            visitor.Time("test.time", "A time", 9);
            visitor.Text("test.text", "A text", Text);
            visitor.Bytes("test.bytes", "Octets", [0, 0xFF]);
            visitor.Address("test.address", "An address", Address.FromV4(0x0700_000A));
            visitor.Texts("test.texts", "Texts", Texts);
            visitor.Numbers("test.numbers", "Numbers", Numbers);
        }
    }
}
