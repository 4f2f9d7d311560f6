using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using NetSniff.Config;
using NetSniff.Filters.Expression;
using NetSniff.Pipeline;
using NetSniff.Records;

namespace NetSniff.Sensor.Redaction;

/// <summary>What may leave the sensor: which records, how much of them, and what is made unreadable.</summary>
/// <param name="Where">Text of the filter, checked before; empty for all.</param>
public sealed record GatePlan(string Where, PayloadLevel Level, RedactionPlan Redaction)
{
    public static GatePlan Open { get; } = new("", PayloadLevel.Body, RedactionPlan.Nothing);

    /// <param name="tally">Where patterns are counted; null for nowhere.</param>
    public static GatePlan For(SensorConfig config, PatternTally? tally = null)
    {
        ArgumentNullException.ThrowIfNull(config);
        return new GatePlan(config.Where, config.Payload.Level, RedactionPlan.For(config.Redaction, tally));
    }
}

/// <summary>Stands between a shard and whoever takes its records away: what the plan forbids never gets past.</summary>
/// <remarks>Records that lose nothing are passed on as they lie. One for each shard, on its thread; any thread may set
/// the plan, which holds from the next arena on.</remarks>
public sealed class RecordGate(RecordConsumer next) : RecordConsumer
{
    /// <summary>Bytes gathered before they are passed on.</summary>
    private const int BatchBytes = 1 << 18;

    private static readonly int s_headerSize = Unsafe.SizeOf<RecordHeader>();

    private readonly TextRedactor _redactor = new();
    private readonly List<byte> _text = [];
    private readonly byte[] _out = new byte[BatchBytes + 2 * RecordSink.RecordBytesMax];
    private FieldRule[][] _rules = [];
    private bool[] _isVerbatim = [];
    private GatePlan _plan = GatePlan.Open;
    private GatePlan _compiled = GatePlan.Open;
    private Filter? _where;
    private int _used;
    private int _count;

    public GatePlan Plan
    {
        get => Volatile.Read(ref _plan);
        set => Volatile.Write(ref _plan, value);
    }

    public GateCounters Counters { get; } = new();

    public override void Consume(ReadOnlySpan<byte> records, int count)
    {
        var plan = Plan;
        if (!ReferenceEquals(plan, _compiled)) Compile(plan);
        Counters.In += count;
        if (ReferenceEquals(plan, GatePlan.Open))
        {
            Counters.Out += count;
            next.Consume(records, count);
            return;
        }

        foreach (var record in new RecordWalker(records)) Take(plan, record);
        Pass();
    }

    private void Compile(GatePlan plan)
    {
        var parsed = plan.Where.Length == 0 ? null : FilterExpression.Parse(plan.Where).Filter;
        _where = parsed is { IsAlways: false } ? parsed : null;
        _rules = [];
        _compiled = plan;
    }

    private void Take(GatePlan plan, RecordView record)
    {
        if (_where is not null && !_where.Matches(record))
        {
            Counters.NotWanted++;
            return;
        }

        var rules = RulesOf(plan, record);
        if (rules.Length == 0)
        {
            Counters.AboveLevel++;
            return;
        }

        if (_used > BatchBytes) Pass();
        if (_isVerbatim[record.Header.Kind] || IsClean(plan.Redaction, record, rules)) Append(record.Bytes);
        else Copy(plan.Redaction, record, rules);
        _count++;
        Counters.Out++;
    }

    private void Pass()
    {
        if (_count == 0) return;

        next.Consume(_out.AsSpan(0, _used), _count);
        (_used, _count) = (0, 0);
    }

    private FieldRule[] RulesOf(GatePlan plan, RecordView record)
    {
        var kind = record.Header.Kind;
        if (kind < _rules.Length && _rules[kind] is { } known) return known;

        if (kind >= _rules.Length)
        {
            Array.Resize(ref _rules, kind + 8);
            Array.Resize(ref _isVerbatim, kind + 8);
        }

        var rules = _rules[kind] = FieldRules.For(record.Schema, plan.Level);
        _isVerbatim[kind] = FieldRules.AreVerbatim(record.Schema, rules);
        return rules;
    }

    /// <summary>No field has a rule of its own, and no text has anything in it that could be a secret: most records,
    /// and copying them whole costs a third.</summary>
    private static bool IsClean(RedactionPlan plan, RecordView record, FieldRule[] rules)
    {
        foreach (var field in record)
        {
            if (rules[field.Index] != FieldRule.Keep) return false;

            var value = field.Value;
            if (value.Kind == FieldKind.Text && !TextRedactor.IsClean(plan, value.Text)) return false;
            if (value.Kind == FieldKind.Texts && !TextRedactor.IsClean(plan, value.Texts.Packed)) return false;
        }

        return true;
    }

    /// <summary>Writes the record anew, field by field.</summary>
    private void Copy(RedactionPlan plan, RecordView record, FieldRule[] rules)
    {
        var start = _used;
        _used += s_headerSize;
        var present = 0ul;
        foreach (var field in record)
        {
            var rule = rules[field.Index];
            var value = field.Value;
            if (rule == FieldRule.LeaveOut)
            {
                Counters.FieldsAboveLevel++;
                continue;
            }

            if (WriteField(plan, value, rule, RecordSink.RecordBytesMax - (_used - start) - sizeof(ulong)))
            {
                present |= 1ul << field.Index;
            }
        }

        var length = (_used - start + 7) & ~7;
        _out.AsSpan(_used, start + length - _used).Clear();
        _used = start + length;
        ref var header = ref Unsafe.As<byte, RecordHeader>(ref _out[start]);
        header = record.Header;
        header.Length = length;
        header.Present = present;
    }

    /// <summary>False: there is nothing left of it, or no room.</summary>
    private bool WriteField(RedactionPlan plan, FieldValue value, FieldRule rule, int room)
    {
        switch (value.Kind)
        {
            case FieldKind.Text:
                return WriteText(plan, value.Text, rule, room);
            case FieldKind.Texts:
                return WriteTexts(plan, value.Texts, rule, room);
            case FieldKind.Bytes:
                if (2 + value.Raw.Length > room) return LeaveOut();
                BinaryPrimitives.WriteUInt16LittleEndian(_out.AsSpan(_used), (ushort)value.Raw.Length);
                _used += 2;
                Append(value.Raw);
                return true;
            case FieldKind.Numbers:
                if (2 + value.Raw.Length > room) return LeaveOut();
                BinaryPrimitives.WriteUInt16LittleEndian(_out.AsSpan(_used), (ushort)value.NumbersCount);
                _used += 2;
                Append(value.Raw);
                return true;
            default:
                if (value.Raw.Length > room) return LeaveOut();
                Append(value.Raw);
                return true;
        }
    }

    private bool WriteText(RedactionPlan plan, ReadOnlySpan<byte> text, FieldRule rule, int room)
    {
        var rest = Rewritten(plan, text, rule);
        if (rest.IsEmpty) return false;
        if (2 + rest.Length > room || rest.Length > ushort.MaxValue) return LeaveOut();

        BinaryPrimitives.WriteUInt16LittleEndian(_out.AsSpan(_used), (ushort)rest.Length);
        _used += 2;
        Append(rest);
        return true;
    }

    private bool WriteTexts(RedactionPlan plan, TextList texts, FieldRule rule, int room)
    {
        const int Head = 6;
        var (start, count) = (_used, 0);
        if (room < Head) return LeaveOut();

        _used += Head;
        foreach (var text in texts)
        {
            var rest = Rewritten(plan, text, rule);
            if (rest.Length > ushort.MaxValue || _used - start + 2 + rest.Length > room)
            {
                LeaveOut();
                continue;
            }

            BinaryPrimitives.WriteUInt16LittleEndian(_out.AsSpan(_used), (ushort)rest.Length);
            _used += 2;
            Append(rest);
            count++;
        }

        if (count == 0)
        {
            _used = start;
            return false;
        }

        BinaryPrimitives.WriteUInt16LittleEndian(_out.AsSpan(start), (ushort)count);
        BinaryPrimitives.WriteInt32LittleEndian(_out.AsSpan(start + 2), _used - start - Head);
        return true;
    }

    /// <summary>The text as it may leave: lent until the next is asked for.</summary>
    private ReadOnlySpan<byte> Rewritten(RedactionPlan plan, ReadOnlySpan<byte> text, FieldRule rule)
    {
        if (rule == FieldRule.WithoutQuery && text.IndexOfAny((byte)'?', (byte)'#') is >= 0 and var query)
        {
            Counters.QueriesAboveLevel++;
            text = text[..query];
        }

        if (ReferenceEquals(plan, RedactionPlan.Nothing)) return text;

        _text.Clear();
        if (!_redactor.TryRewrite(plan, text, rule == FieldRule.HeaderList, _text)) return text;

        Counters.TextsRedacted++;
        return CollectionsMarshal.AsSpan(_text);
    }

    private void Append(ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(_out.AsSpan(_used));
        _used += bytes.Length;
    }

    private bool LeaveOut()
    {
        Counters.TextsLeftOut++;
        return false;
    }
}

/// <summary>What a gate counted. Plain fields: its thread writes, anybody may read.</summary>
public sealed class GateCounters
{
    public long In;
    public long Out;
    public long NotWanted;
    public long AboveLevel;
    public long FieldsAboveLevel;
    public long QueriesAboveLevel;
    public long TextsRedacted;

    /// <summary>Texts that had become too long for their record.</summary>
    public long TextsLeftOut;

    public IEnumerable<LedgerLine> Ledger()
    {
        yield return new("gate", "records in", In, false);
        yield return new("gate", "records out", Out, false);
        yield return new("gate", "records the filter leaves out", NotWanted, false);
        yield return new("gate", "records above the payload level", AboveLevel, false);
        yield return new("gate", "fields above the payload level", FieldsAboveLevel + QueriesAboveLevel, false);
        yield return new("gate", "texts made unreadable", TextsRedacted, false);
        yield return new("gate", "texts left out for want of room", TextsLeftOut, true);
    }
}
