using System.Buffers.Binary;
using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
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

    private readonly byte[] _arena;
    private readonly RecordConsumer? _consumer;
    private int _used;

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
        var body = _arena.AsSpan(_used + Unsafe.SizeOf<RecordHeader>(), RecordBytesMax - Unsafe.SizeOf<RecordHeader>());
        var writer = new ArenaWriter(body);
        // Through a plain reference: a call on what is only lent for reading copies the whole record first.
        Unsafe.AsRef(in record).Describe(ref writer);
        head.Kind = KindOf<TRecord>.Id;
        head.Traits = traits;
        head.TimeNanos = timeNanos;
        head.Present = writer.Present;
        head.Length = (Unsafe.SizeOf<RecordHeader>() + writer.Written + 7) & ~7;
        // The padding too: whoever compares, hashes or stores records sees the same bytes for the same record.
        body.Slice(writer.Written, head.Length - Unsafe.SizeOf<RecordHeader>() - writer.Written).Clear();
        TextsCut += writer.TextsCut;
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

    /// <summary>The number of a record type, looked up once per type.</summary>
    private static class KindOf<TRecord> where TRecord : struct, IRecord, allows ref struct
    {
        public static readonly ushort Id = RecordKinds.Register<TRecord>().Id;
    }

    /// <summary>Fields in order; absent ones take no room but a zero bit.</summary>
    /// <remarks>All that is called for each field is inlined and takes nothing's address, so that a description which
    /// works on a copy of the writer has it in registers.</remarks>
    private ref struct ArenaWriter : IFieldVisitor
    {
        private readonly ref byte _start;
        private readonly int _room;
        private ulong _bit;

        public ArenaWriter(Span<byte> target)
        {
            _start = ref MemoryMarshal.GetReference(target);
            _room = target.Length;
            _bit = 1;
        }

        public int Written { get; private set; }

        public ulong Present { get; private set; }

        public int TextsCut { get; private set; }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Number(string name, string about, ulong value, bool has) => Word(value, has);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Flag(string name, string about, bool value, bool has)
        {
            var bit = NextBit();
            if (!has || !Fits(1)) return;

            Unsafe.Add(ref _start, Written) = value ? (byte)1 : (byte)0;
            Written++;
            Present |= bit;
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Duration(string name, string about, long nanos, bool has) => Word((ulong)nanos, has);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Time(string name, string about, long nanos, bool has) => Word((ulong)nanos, has);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Text(string name, string about, ReadOnlySpan<byte> value) => Octets(value);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Bytes(string name, string about, ReadOnlySpan<byte> value) => Octets(value);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Address(string name, string about, Address value, bool has)
        {
            var bit = NextBit();
            if (!has || !Fits(Packets.Address.Size)) return;

            Unsafe.WriteUnaligned(ref Unsafe.Add(ref _start, Written), value);
            Written += Packets.Address.Size;
            Present |= bit;
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Texts(string name, string about, TextList values)
        {
            var bit = NextBit();
            if (values.Count == 0 || !Fits(TextsHeadSize + values.Packed.Length)) return;

            Written = PutTexts(ref _start, Written, values);
            Present |= bit;
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Numbers(string name, string about, ReadOnlySpan<ulong> values)
        {
            var bit = NextBit();
            if (values.IsEmpty || !Fits(LengthSize + 8 * values.Length)) return;

            Written = Put(ref _start, Written, values.Length, MemoryMarshal.AsBytes(values));
            Present |= bit;
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private void Word(ulong value, bool has)
        {
            var bit = NextBit();
            if (!has || !Fits(sizeof(ulong))) return;

            BinaryPrimitives.WriteUInt64LittleEndian(At(ref _start, Written, sizeof(ulong)), value);
            Written += sizeof(ulong);
            Present |= bit;
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private void Octets(ReadOnlySpan<byte> value)
        {
            var bit = NextBit();
            if (value.IsEmpty) return;

            var room = Math.Min(_room - Written - LengthSize, ushort.MaxValue);
            if (value.Length > room)
            {
                TextsCut++;
                if (room <= 0) return;
                value = value[..room];
            }

            Written = Put(ref _start, Written, value.Length, value);
            Present |= bit;
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private ulong NextBit()
        {
            var bit = _bit;
            Debug.Assert(bit != 0); // FieldsMax
            _bit = bit << 1;
            return bit;
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private bool Fits(int size)
        {
            if (size <= _room - Written) return true;

            TextsCut++;
            return false;
        }

        /// <summary>Writes a length, or count, and what it is the length of.</summary>
        /// <returns>Where the next field goes.</returns>
        [MethodImpl(MethodImplOptions.NoInlining)]
        private static int Put(ref byte start, int position, int length, ReadOnlySpan<byte> bytes)
        {
            BinaryPrimitives.WriteUInt16LittleEndian(At(ref start, position, LengthSize), (ushort)length);
            position += LengthSize;
            bytes.CopyTo(At(ref start, position, bytes.Length));
            return position + bytes.Length;
        }

        [MethodImpl(MethodImplOptions.NoInlining)]
        private static int PutTexts(ref byte start, int position, TextList values)
        {
            var packed = values.Packed;
            var head = At(ref start, position, TextsHeadSize);
            BinaryPrimitives.WriteUInt16LittleEndian(head, (ushort)values.Count);
            BinaryPrimitives.WriteInt32LittleEndian(head[LengthSize..], packed.Length);
            position += TextsHeadSize;
            packed.CopyTo(At(ref start, position, packed.Length));
            return position + packed.Length;
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static Span<byte> At(ref byte start, int position, int size) =>
            MemoryMarshal.CreateSpan(ref Unsafe.Add(ref start, position), size);

        private const int LengthSize = sizeof(ushort);
        private const int TextsHeadSize = LengthSize + sizeof(int);
    }
}
