using System.Buffers.Binary;

namespace NetSniff.Fuzz.Fuzzing;

/// <summary>Changes inputs: parts as a whole, and the bytes inside them.</summary>
internal sealed class Mutator(Random random)
{
    private const int StackedMax = 8;
    private const int BlockMax = 128;
    private const int RepeatBytesMax = 4096;

    private static readonly uint[] s_values =
        [0, 1, 2, 3, 4, 7, 8, 15, 16, 31, 32, 63, 64, 100, 127, 128, 255, 256, 511, 512, 1023, 1024, 4095, 4096, 16383,
            16384, 32767, 32768, 65534, 65535, 65536, 0xFFFFFF, 0x1000000, int.MaxValue, 0x80000000, uint.MaxValue - 1,
            uint.MaxValue];

    /// <summary>A changed copy.</summary>
    /// <param name="others">Inputs to take pieces from.</param>
    public FuzzInput Mutate(FuzzTarget target, FuzzInput input, IReadOnlyList<FuzzInput> others)
    {
        var changed = input.Copy();
        if (changed.Parts.Count == 0) changed.Parts.Add([]);
        var rounds = 1 + random.Next(random.Next(StackedMax) + 1);
        for (var round = 0; round < rounds; round++)
        {
            var other = others[random.Next(others.Count)];
            if (target.PartsMax > 1 && random.Next(3) == 0) MutateParts(target, changed.Parts, other.Parts);
            if (changed.Parts.Count == 0) continue;

            var index = random.Next(changed.Parts.Count);
            var part = changed.Parts[index];
            if (random.Next(2) == 0 || !target.TryMutate(ref part, random))
            {
                part = MutateBytes(part, target.HeadBytes, other.Parts);
            }

            changed.Parts[index] = part.Length <= target.PartBytesMax ? part : part[..target.PartBytesMax];
        }

        return changed;
    }

    private void MutateParts(FuzzTarget target, List<byte[]> parts, List<byte[]> others)
    {
        var index = random.Next(parts.Count + 1);
        var hasOne = index < parts.Count;
        switch (random.Next(6))
        {
            case 0 when hasOne:
                parts.RemoveAt(index);
                break;
            case 1 when hasOne && parts.Count < target.PartsMax:
                parts.Insert(random.Next(parts.Count + 1), (byte[])parts[index].Clone());
                break;
            case 2 when hasOne:
                var with = random.Next(parts.Count);
                (parts[index], parts[with]) = (parts[with], parts[index]);
                break;
            case 3 when hasOne && random.Next(4) == 0:
                parts.RemoveRange(index, parts.Count - index);
                break;
            case 4 when others.Count > 0 && parts.Count < target.PartsMax:
                parts.Insert(index, (byte[])others[random.Next(others.Count)].Clone());
                break;
            case 5 when hasOne && parts.Count < target.PartsMax:
                SplitPart(parts, index, target.HeadBytes);
                break;
        }
    }

    /// <summary>One part becomes two of its kind.</summary>
    private void SplitPart(List<byte[]> parts, int index, int headBytes)
    {
        var part = parts[index];
        if (part.Length < headBytes + 2) return;

        var at = random.Next(headBytes + 1, part.Length);
        parts[index] = part[..at];
        parts.Insert(index + 1, [.. part.AsSpan(0, headBytes), .. part.AsSpan(at)]);
    }

    private byte[] MutateBytes(byte[] part, int headBytes, List<byte[]> others)
    {
        var start = random.Next(8) == 0 ? 0 : Math.Min(headBytes, part.Length);
        if (part.Length == start) return [.. part, (byte)random.Next(256)];

        var at = random.Next(start, part.Length);
        switch (random.Next(11))
        {
            case 0:
                part[at] ^= (byte)(1 << random.Next(8));
                return part;
            case 1:
                part[at] = (byte)random.Next(256);
                return part;
            case 2:
                part[at] += (byte)random.Next(-16, 17);
                return part;
            case 3 or 4:
                WriteNumber(part.AsSpan(at), s_values[random.Next(s_values.Length)]);
                return part;
            case 5:
                return AddToNumber(part, at);
            case 6:
                return [.. part.AsSpan(0, at), .. part.AsSpan(Math.Min(part.Length, at + Block()))];
            case 7:
                var block = part.AsSpan(at, Math.Min(Block(), part.Length - at));
                return [.. part.AsSpan(0, at), .. block, .. part.AsSpan(at)];
            case 8:
                return Splice(part, at, others);
            case 9 when random.Next(4) == 0:
                return Repeat(part, at);
            default:
                return random.Next(3) == 0 ? part[..at] : InsertRandom(part, at);
        }
    }

    private int Block() => 1 + random.Next(1 + random.Next(BlockMax));

    private void WriteNumber(Span<byte> target, uint value)
    {
        var isBig = random.Next(4) != 0;
        switch (random.Next(4))
        {
            case 0 when target.Length >= 4:
                if (isBig) BinaryPrimitives.WriteUInt32BigEndian(target, value);
                else BinaryPrimitives.WriteUInt32LittleEndian(target, value);
                break;
            case 1 or 2 when target.Length >= 2:
                if (isBig) BinaryPrimitives.WriteUInt16BigEndian(target, (ushort)value);
                else BinaryPrimitives.WriteUInt16LittleEndian(target, (ushort)value);
                break;
            default:
                target[0] = (byte)value;
                break;
        }
    }

    private byte[] AddToNumber(byte[] part, int at)
    {
        var target = part.AsSpan(at);
        if (target.Length < 2) return part;

        var added = (ushort)random.Next(-32, 33);
        BinaryPrimitives.WriteUInt16BigEndian(target, (ushort)(BinaryPrimitives.ReadUInt16BigEndian(target) + added));
        return part;
    }

    private byte[] Splice(byte[] part, int at, List<byte[]> others)
    {
        var other = others.Count > 0 ? others[random.Next(others.Count)] : [];
        if (other.Length == 0) return part;

        var from = random.Next(other.Length);
        var piece = other.AsSpan(from, Math.Min(other.Length - from, Block()));
        if (random.Next(2) == 0) return [.. part.AsSpan(0, at), .. piece, .. part.AsSpan(at)];

        return [.. part.AsSpan(0, at), .. piece, .. part.AsSpan(Math.Min(part.Length, at + piece.Length))];
    }

    /// <summary>A byte again and again: long names, long lines, deep nesting.</summary>
    private byte[] Repeat(byte[] part, int at)
    {
        var many = new byte[1 + random.Next(1 + random.Next(RepeatBytesMax))];
        Array.Fill(many, part[at]);
        return [.. part.AsSpan(0, at), .. many, .. part.AsSpan(at)];
    }

    private byte[] InsertRandom(byte[] part, int at)
    {
        var bytes = new byte[Block()];
        random.NextBytes(bytes);
        return [.. part.AsSpan(0, at), .. bytes, .. part.AsSpan(at)];
    }
}
