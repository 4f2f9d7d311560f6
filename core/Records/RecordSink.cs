using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using NetSniff.Buffers;
using NetSniff.Packets;

namespace NetSniff.Records;

/// <summary>Takes full arenas from a sink. The bytes are lent for the length of the call.</summary>
public abstract class RecordConsumer
{
    /// <param name="records">Whole records, each with its <see cref="RecordHeader"/>, one after the other.</param>
    public abstract void Consume(ReadOnlySpan<byte> records, int count);
}

/// <summary>Where parsers put records. Sealed, so that <see cref="Emit"/> is a direct call compiled per record type.
/// </summary>
public sealed class RecordSink
{
    /// <summary>No record is longer; longer texts are cut and <see cref="TextsCut"/> counts them.</summary>
    public const int RecordBytesMax = 60 * 1024;

    private static readonly int s_headerSize = Unsafe.SizeOf<RecordHeader>();

    /// <summary>So that with what makes it a multiple of eight it is no longer.</summary>
    private static readonly int s_bodyBytesMax = RecordBytesMax - s_headerSize - sizeof(ulong);

    private readonly byte[] _arena;
    private readonly RecordConsumer? _consumer;
    private int _used;

    /// <summary>Bytes that texts of the present record may still take.</summary>
    private int _left;

    /// <summary>Whose record is emitted next: the pipeline fills it in before it calls a parser.</summary>
    public RecordHeader Context;

    /// <param name="capacity">Bytes; at least twice <see cref="RecordBytesMax"/>.</param>
    /// <param name="consumer">Gets the records when the arena fills and on <see cref="Flush"/>. Without one, records
    /// stay until <see cref="Clear"/> and those that do not fit are counted as dropped.</param>
    public RecordSink(int capacity, RecordConsumer? consumer = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(capacity, 2 * RecordBytesMax);
        // Pinned and never moved: the arena lives as long as its shard.
        _arena = GC.AllocateUninitializedArray<byte>(capacity, pinned: true);
        _consumer = consumer;
    }

    public int Count { get; private set; }

    public long Emitted { get; private set; }

    public long Dropped { get; private set; }

    public long TextsCut { get; private set; }

    public ReadOnlySpan<byte> Bytes => _arena.AsSpan(0, _used);

    /// <summary>Copies the record into the arena behind the present <see cref="Context"/>.</summary>
    /// <param name="timeNanos">When the exchange began.</param>
    public void Emit<TRecord>(in TRecord record, long timeNanos, RecordTraits traits = RecordTraits.None)
        where TRecord : struct, IRecord, allows ref struct
    {
        if (_arena.Length - _used < RecordBytesMax && !TryMakeRoom()) return;

        ref var start = ref MemoryMarshal.GetArrayDataReference(_arena);
        ref var head = ref Unsafe.As<byte, RecordHeader>(ref Unsafe.Add(ref start, _used));
        head = Context;
        var schema = KindOf<TRecord>.Schema;
        ref var body = ref Unsafe.Add(ref start, _used + s_headerSize);
        _left = s_bodyBytesMax - schema.FixedBytes;
        var writer = new ArenaWriter(this, ref body, schema.FixedBytes);
        // Through a plain reference: a call on what is only lent for reading copies the whole record first.
        Unsafe.AsRef(in record).Describe(ref writer);
        head.Kind = schema.Id;
        head.Traits = traits;
        head.TimeNanos = timeNanos;
        head.Present = writer.PresentOf(schema.Kinds.Length);
        head.Length = s_headerSize + writer.Finish(ref body, schema.FixedBytes);
        _used += head.Length;
        Count++;
        Emitted++;
    }

    /// <summary>Hands everything to the consumer.</summary>
    public void Flush()
    {
        if (Count == 0) return;

        _consumer?.Consume(Bytes, Count);
        Clear();
    }

    public void Clear() => (_used, Count) = (0, 0);

    private bool TryMakeRoom()
    {
        if (_consumer is null)
        {
            Dropped++;
            return false;
        }

        Flush();
        return true;
    }

    /// <summary>What a record type is, looked up once per type.</summary>
    private static class KindOf<TRecord> where TRecord : struct, IRecord, allows ref struct
    {
        public static readonly RecordSchema Schema = RecordKinds.Register<TRecord>();
    }

    /// <summary>Fills one cell after the other, whether the field is there or not: what is always done needs no
    /// guess.</summary>
    /// <remarks>Four fields, no calls among its methods and no values by condition: then the compiler keeps all of it
    /// in registers, once a description works on a copy of its own (ADR 72).</remarks>
    private ref struct ArenaWriter : IFieldVisitor
    {
        /// <summary>The field written last: what comes before moves down, so that nobody has to count.</summary>
        private const int LastField = 63;

        private readonly RecordSink _sink;
        private ref byte _cell;
        private ref byte _octets;
        private ulong _present;

        public ArenaWriter(RecordSink sink, ref byte body, int fixedBytes)
        {
            _sink = sink;
            _cell = ref body;
            _octets = ref Unsafe.Add(ref body, fixedBytes);
        }

        public readonly ulong PresentOf(int fields) => _present >> (64 - fields);

        /// <returns>Bytes of the body.</returns>
        public readonly int Finish(ref byte body, int fixedBytes)
        {
            Debug.Assert(
                Unsafe.AreSame(ref _cell, ref Unsafe.Add(ref body, fixedBytes)),
                "a description tells all its fields, and gives the visitor back that it copied");
            // The padding too: whoever compares, hashes or stores records sees the same bytes for the same record.
            Unsafe.WriteUnaligned(ref _octets, 0ul);
            return ((int)Unsafe.ByteOffset(ref body, ref _octets) + 7) & ~7;
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Number(string name, string about, ulong value, bool has)
        {
            ulong bit = Unsafe.BitCast<bool, byte>(has);
            _present = _present >> 1 | bit << LastField;
            Unsafe.WriteUnaligned(ref _cell, value & (0 - bit));
            _cell = ref Unsafe.Add(ref _cell, sizeof(ulong));
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Flag(string name, string about, bool value, bool has)
        {
            ulong bit = Unsafe.BitCast<bool, byte>(has);
            _present = _present >> 1 | bit << LastField;
            Unsafe.WriteUnaligned(ref _cell, Unsafe.BitCast<bool, byte>(value) & bit);
            _cell = ref Unsafe.Add(ref _cell, sizeof(ulong));
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Duration(string name, string about, long nanos, bool has)
        {
            ulong bit = Unsafe.BitCast<bool, byte>(has);
            _present = _present >> 1 | bit << LastField;
            Unsafe.WriteUnaligned(ref _cell, (ulong)nanos & (0 - bit));
            _cell = ref Unsafe.Add(ref _cell, sizeof(ulong));
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Time(string name, string about, long nanos, bool has)
        {
            ulong bit = Unsafe.BitCast<bool, byte>(has);
            _present = _present >> 1 | bit << LastField;
            Unsafe.WriteUnaligned(ref _cell, (ulong)nanos & (0 - bit));
            _cell = ref Unsafe.Add(ref _cell, sizeof(ulong));
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Address(string name, string about, Address value, bool has)
        {
            ulong bit = Unsafe.BitCast<bool, byte>(has);
            _present = _present >> 1 | bit << LastField;
            Unsafe.WriteUnaligned(ref _cell, has ? value : default);
            _cell = ref Unsafe.Add(ref _cell, Packets.Address.Size);
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Text(string name, string about, ReadOnlySpan<byte> value)
        {
            _present >>= 1;
            if (value.IsEmpty) Unsafe.WriteUnaligned(ref _cell, 0ul);
            else Take(PutText(_sink, ref _cell, ref _octets, value));
            _cell = ref Unsafe.Add(ref _cell, sizeof(ulong));
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Bytes(string name, string about, ReadOnlySpan<byte> value) => Text(name, about, value);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Texts(string name, string about, TextList values)
        {
            _present >>= 1;
            if (values.Count == 0) Unsafe.WriteUnaligned(ref _cell, 0ul);
            else Take(PutList(_sink, ref _cell, ref _octets, values.Packed, values.Count));
            _cell = ref Unsafe.Add(ref _cell, sizeof(ulong));
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Numbers(string name, string about, ReadOnlySpan<ulong> values)
        {
            _present >>= 1;
            if (values.IsEmpty) Unsafe.WriteUnaligned(ref _cell, 0ul);
            else Take(PutList(_sink, ref _cell, ref _octets, MemoryMarshal.AsBytes(values), values.Length));
            _cell = ref Unsafe.Add(ref _cell, sizeof(ulong));
        }

        /// <param name="length">Bytes that were put; with none the field is not there.</param>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private void Take(long length)
        {
            _octets = ref Unsafe.Add(ref _octets, (nint)length);
            _present |= (ulong)-length & 1ul << LastField;
        }

        /// <summary>A text is cut to what there is room for.</summary>
        /// <returns>Bytes put.</returns>
        [MethodImpl(MethodImplOptions.NoInlining)]
        private static int PutText(RecordSink sink, ref byte cell, ref byte at, ReadOnlySpan<byte> bytes)
        {
            var length = bytes.Length;
            if (length > sink._left)
            {
                sink.TextsCut++;
                length = sink._left;
            }

            return Put(sink, ref cell, ref at, bytes[..length], 0);
        }

        /// <summary>A list is there whole or not at all.</summary>
        /// <returns>Bytes put.</returns>
        [MethodImpl(MethodImplOptions.NoInlining)]
        private static int PutList(RecordSink sink, ref byte cell, ref byte at, ReadOnlySpan<byte> packed, int count)
        {
            if (packed.Length <= sink._left) return Put(sink, ref cell, ref at, packed, count);

            sink.TextsCut++;
            return Put(sink, ref cell, ref at, default, 0);
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static int Put(RecordSink sink, ref byte cell, ref byte at, ReadOnlySpan<byte> bytes, int count)
        {
            var start = (uint)(int)Unsafe.ByteOffset(ref cell, ref at);
            var word = start | (ulong)bytes.Length << 16 | (ulong)count << 32;
            Unsafe.WriteUnaligned(ref cell, bytes.IsEmpty ? 0 : word);
            ShortCopy.Copy(ref MemoryMarshal.GetReference(bytes), ref at, bytes.Length);
            sink._left -= bytes.Length;
            return bytes.Length;
        }
    }
}
