using NetSniff.Config;
using NetSniff.Records;

namespace NetSniff.Sensor.Redaction;

/// <summary>What becomes of records of one kind on their way out, and which of their fields have to be looked at for
/// that: most records lose nothing, and it is told by few of their fields.</summary>
internal sealed class KindRules
{
    public KindRules(RecordSchema schema, PayloadLevel level, RedactionPlan redaction)
    {
        ArgumentNullException.ThrowIfNull(schema);
        Rules = FieldRules.For(schema, level);
        var hides = !ReferenceEquals(redaction, RedactionPlan.Nothing);
        for (var field = 0; field < Rules.Length; field++)
        {
            var rule = Rules[field];
            if (rule is FieldRule.LeaveOut or FieldRule.WithoutQuery || (hides && rule == FieldRule.HeaderList))
            {
                Ruled |= 1ul << field;
            }
            else if (hides && schema.Fields[field].Kind is FieldKind.Text or FieldKind.Texts)
            {
                Texts |= 1ul << field;
            }
        }
    }

    /// <summary>By field; none where records of the kind do not leave.</summary>
    public FieldRule[] Rules { get; }

    /// <summary>Fields that do not leave as they are, bit by bit.</summary>
    public ulong Ruled { get; }

    /// <summary>Fields that leave as they are unless a secret is in them, bit by bit.</summary>
    public ulong Texts { get; }
}
