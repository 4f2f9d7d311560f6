namespace NetSniff.Kube.Resources.Schemas;

/// <summary>A kind of ours: what the API calls it.</summary>
[AttributeUsage(AttributeTargets.Class)]
internal sealed class ResourceAttribute(string plural, string shortName) : Attribute
{
    public string Plural => plural;

    public string ShortName => shortName;

    /// <summary>Conditions that a new object has, as unknown, so that whoever waits never finds an empty
    /// status.</summary>
    public string[] Conditions { get; init; } = [];
}

/// <summary>A column of `kubectl get`, in this order.</summary>
/// <param name="wide">Shown with `-o wide` only.</param>
[AttributeUsage(AttributeTargets.Class, AllowMultiple = true)]
internal sealed class ColumnAttribute(string name, string type, string path, string about = "", bool wide = false)
    : Attribute
{
    public string Name => name;

    public string Type => type;

    public string Path => path;

    public string About => about;

    public bool IsWide => wide;
}

/// <summary>What must hold between fields, in the Common Expression Language. Servers from 1.28 on refuse what breaks
/// it;
/// <see cref="ResourceChecks"/> says the same in C#.</summary>
/// <param name="fieldPath">Which field is to blame, where it is not the whole.</param>
[AttributeUsage(AttributeTargets.Class | AttributeTargets.Property, AllowMultiple = true)]
internal sealed class RuleAttribute(string expression, string message, string fieldPath = "") : Attribute
{
    public string Expression => expression;

    public string Message => message;

    public string FieldPath => fieldPath;
}

/// <summary>How long a text may be and how it must look; of a list or map: each of its entries.</summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class TextAttribute(int max, int min = 0, string pattern = "") : Attribute
{
    public int Max => max;

    public int Min => min;

    public string Pattern => pattern;
}

/// <summary>Between which a number must be; of a list: each of its entries.</summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class NumberAttribute(long min, long max) : Attribute
{
    public long Min => min;

    public long Max => max;
}

/// <summary>How many entries a list or map may have, and what tells two of them apart.</summary>
/// <param name="keys">Fields of an entry that name it, with commas between; empty where entries have no names.</param>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class EntriesAttribute(int max, int min = 0, string keys = "") : Attribute
{
    public int Max => max;

    public int Min => min;

    public string Keys => keys;

    /// <summary>Who applies it replaces the whole list; otherwise entries are merged, and no two are the
    /// same.</summary>
    public bool IsAtomic { get; init; }
}
