using System.Numerics;
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

    private readonly TextRedactor _redactor = new();
    private readonly List<byte> _text = [];
    private readonly byte[] _out = new byte[BatchBytes + 2 * RecordSink.RecordBytesMax];
    private KindRules?[] _kinds = [];
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
        _kinds = [];
        _compiled = plan;
    }

    private void Take(GatePlan plan, RecordView record)
    {
        if (_where is not null && !_where.Matches(record))
        {
            Counters.NotWanted++;
            return;
        }

        var kind = RulesOf(plan, record);
        if (kind.Rules.Length == 0)
        {
            Counters.AboveLevel++;
            return;
        }

        if (_used > BatchBytes) Pass();
        if (IsClean(plan.Redaction, record, kind)) Append(record.Bytes);
        else Copy(plan.Redaction, record, kind.Rules);
        _count++;
        Counters.Out++;
    }

    private void Pass()
    {
        if (_count == 0) return;

        next.Consume(_out.AsSpan(0, _used), _count);
        (_used, _count) = (0, 0);
    }

    private KindRules RulesOf(GatePlan plan, RecordView record)
    {
        var kind = record.Header.Kind;
        if (kind < _kinds.Length && _kinds[kind] is { } known) return known;
        if (kind >= _kinds.Length) Array.Resize(ref _kinds, kind + 8);

        return _kinds[kind] = new KindRules(record.Schema, plan.Level, plan.Redaction);
    }

    /// <summary>No field has a rule of its own, and no text has anything in it that could be a secret: most records,
    /// and copying them whole costs a third. Fields that are not there, and numbers, are not looked at.</summary>
    private static bool IsClean(RedactionPlan plan, RecordView record, KindRules kind)
    {
        var present = record.Header.Present;
        if ((present & kind.Ruled) != 0) return false;

        for (var left = present & kind.Texts; left != 0; left &= left - 1)
        {
            var field = BitOperations.TrailingZeroCount(left);
            if (record.TryGet(field, out var value) && !TextRedactor.IsClean(plan, value.Raw)) return false;
        }

        return true;
    }

    /// <summary>Writes the record anew, field by field.</summary>
    private void Copy(RedactionPlan plan, RecordView record, FieldRule[] rules)
    {
        var writer = new RecordWriter(_out.AsSpan(_used, RecordSink.RecordBytesMax), record.Schema);
        foreach (var field in record)
        {
            var rule = rules[field.Index];
            if (rule == FieldRule.LeaveOut) Counters.FieldsAboveLevel++;
            else WriteField(plan, ref writer, field.Index, field.Value, rule);
        }

        _used += writer.Finish(record.Header);
    }

    private void WriteField(RedactionPlan plan, ref RecordWriter writer, int field, FieldValue value, FieldRule rule)
    {
        switch (value.Kind)
        {
            case FieldKind.Text:
                var text = Rewritten(plan, value.Text, rule);
                if (!text.IsEmpty && !writer.TryText(field, text)) LeaveOut();
                break;
            case FieldKind.Texts:
                writer.BeginList();
                foreach (var listed in value.Texts)
                {
                    if (!writer.TryListed(Rewritten(plan, listed, rule))) LeaveOut();
                }

                writer.EndList(field);
                break;
            case FieldKind.Bytes or FieldKind.Numbers when value.Raw.Length > writer.Left.Length:
                LeaveOut();
                break;
            default:
                writer.Copy(field, value);
                break;
        }
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

    private void LeaveOut() => Counters.TextsLeftOut++;
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
