using System.Text;

namespace NetSniff.Wire.Health.Profiling;

/// <summary>Takes what a trace tells.</summary>
internal interface INettraceVisitor
{
    /// <param name="thread">As the kernel numbers it.</param>
    /// <param name="stack">Addresses of eight bytes, the innermost first.</param>
    void Event(string provider, int number, long thread, ReadOnlySpan<byte> stack, ReadOnlySpan<byte> payload);
}

/// <summary>Reads the runtime's trace stream as it comes, block by block, and keeps nothing but stacks that events may
/// still name. Format: "Nettrace", version 4 (EventPipeFormat.md of the runtime's documents).</summary>
/// <remarks>A library for this exists (TraceEvent). It wants the trace as a file and makes another of it, which takes
/// seconds of CPU and hundreds of megabytes; a sensor has neither to spare. ADR 33.</remarks>
internal sealed class NettraceReader(Stream stream, INettraceVisitor visitor)
{
    private const byte NullReference = 1, BeginObject = 5, EndObject = 6;
    private const int BlockBytesMax = 64 << 20;
    private const int NameBytesMax = 256;

    /// <summary>Kinds of events; the runtime has some hundreds.</summary>
    private const int KindsMax = 10_000;

    /// <summary>Threads whose numbers are followed.</summary>
    private const int WritersMax = 10_000;

    /// <summary>Stacks since the last sequence point, when their numbers begin anew.</summary>
    private const int StacksMax = 1 << 20;

    private readonly Dictionary<int, (string Provider, int Number)> _kinds = [];
    private readonly Dictionary<int, byte[]> _stacks = [];
    private readonly Dictionary<ulong, uint> _sequences = [];
    private byte[] _block = new byte[64 * 1024];
    private long _position;

    /// <summary>Events that the runtime had no room for: threads number theirs.</summary>
    public long Lost { get; private set; }

    /// <exception cref="InvalidDataException">It is no such stream.</exception>
    public void ReadAll()
    {
        Expect("Nettrace"u8);
        var length = ReadInt32();
        if (length != 20) throw Wrong("no serializer");
        Expect("!FastSerialization.1"u8);
        while (ReadByte() is var tag && tag != NullReference)
        {
            if (tag != BeginObject) throw Wrong("no object");
            ReadObject();
        }
    }

    private void ReadObject()
    {
        if (ReadByte() != BeginObject || ReadByte() != NullReference) throw Wrong("no type");
        ReadInt32(); // version of the type
        ReadInt32(); // least version of a reader
        var nameLength = ReadInt32();
        if (nameLength is < 0 or > NameBytesMax) throw Wrong("no name of a type");
        var name = Encoding.ASCII.GetString(Take(nameLength));
        if (ReadByte() != EndObject) throw Wrong("a type without end");

        if (name == "Trace") Take(48); // times, sizes and numbers of the process: we know them
        else ReadBlock(name);
        if (ReadByte() != EndObject) throw Wrong("an object without end");
    }

    private void ReadBlock(string name)
    {
        var size = ReadInt32();
        if (size is < 0 or > BlockBytesMax) throw Wrong("a block of no size");
        Take((int)(-_position & 3)); // blocks begin at multiples of four
        var block = new NettraceBlock(Take(size));
        switch (name)
        {
            case "StackBlock":
                ReadStacks(ref block);
                break;
            case "SPBlock":
                _stacks.Clear();
                ReadSequences(ref block);
                break;
            case "MetadataBlock" or "EventBlock":
                ReadEvents(ref block);
                break;
        }
    }

    private void ReadStacks(ref NettraceBlock block)
    {
        var number = block.Int32();
        for (var count = block.Int32(); count > 0 && !block.RanShort; count--)
        {
            var stack = block.Bytes(block.Int32());
            if (_stacks.Count < StacksMax) _stacks[number++] = stack.ToArray();
        }
    }

    private void ReadEvents(ref NettraceBlock block)
    {
        var headerSize = block.Int16();
        var isCompressed = (block.Int16() & 1) != 0;
        if (!isCompressed) throw Wrong("events of an older form");
        block.Bytes(headerSize - 4);
        var (kind, stack, thread, payloadSize) = (0, 0, 0L, 0);
        var (sequence, writer) = (0u, 0ul);
        while (!block.IsAtEnd)
        {
            // Each field holds what the event before had unless its bit is set.
            var flags = block.Byte();
            if ((flags & 1) != 0) kind = (int)block.Varint();
            if ((flags & 2) != 0)
            {
                sequence += (uint)block.Varint();
                writer = block.Varint();
                block.Varint(); // processor
            }
            else if (kind != 0) sequence++;

            if ((flags & 4) != 0) thread = (long)block.Varint();
            if ((flags & 8) != 0) stack = (int)block.Varint();
            block.Varint(); // time
            if ((flags & 16) != 0) block.Bytes(16);
            if ((flags & 32) != 0) block.Bytes(16);
            if ((flags & 128) != 0) payloadSize = (int)block.Varint();
            var payload = block.Bytes(payloadSize);
            if (block.RanShort) return;

            if (kind == 0)
            {
                Learn(payload);
                continue;
            }

            Follow(writer, sequence);
            if (_kinds.TryGetValue(kind, out var known))
            {
                visitor.Event(known.Provider, known.Number, thread, _stacks.GetValueOrDefault(stack), payload);
            }
        }
    }

    /// <summary>How far each thread had numbered its events at a sequence point.</summary>
    private void ReadSequences(ref NettraceBlock block)
    {
        block.Bytes(8); // time
        for (var count = block.Int32(); count > 0 && !block.RanShort; count--)
        {
            var writer = block.UInt64();
            var next = (uint)block.Int32();
            // Of a thread that wrote nothing we saw, nothing that we want was lost.
            if (!block.RanShort && _sequences.ContainsKey(writer)) Follow(writer, next);
            if (_sequences.ContainsKey(writer)) _sequences[writer] = next - 1;
        }
    }

    private void Follow(ulong writer, uint sequence)
    {
        if (sequence == uint.MaxValue) return; // written by the pipe itself, without a number

        // Numbers go up and wrap; one that seems to go down says nothing.
        if (_sequences.TryGetValue(writer, out var last) && (int)(sequence - last) > 1) Lost += sequence - last - 1;
        if (_sequences.Count < WritersMax || _sequences.ContainsKey(writer)) _sequences[writer] = sequence;
    }

    /// <summary>An event that describes a kind of events to come.</summary>
    private void Learn(ReadOnlySpan<byte> payload)
    {
        var block = new NettraceBlock(payload);
        var kind = block.Int32();
        var provider = block.Text();
        var number = block.Int32();
        if (!block.RanShort && _kinds.Count < KindsMax) _kinds[kind] = (provider, number);
    }

    private void Expect(ReadOnlySpan<byte> bytes)
    {
        if (!Take(bytes.Length).SequenceEqual(bytes)) throw Wrong("no trace");
    }

    private byte ReadByte() => Take(1)[0];

    private int ReadInt32() => BitConverter.ToInt32(Take(4));

    private ReadOnlySpan<byte> Take(int count)
    {
        if (count is < 0 or > BlockBytesMax) throw Wrong("a part of no size");
        if (count > _block.Length) _block = new byte[Math.Max(count, 2 * _block.Length)];
        stream.ReadExactly(_block, 0, count);
        _position += count;
        return _block.AsSpan(0, count);
    }

    private InvalidDataException Wrong(string what) => new($"byte {_position} of the trace: {what}");
}
