using System.Collections;
using System.ComponentModel;
using System.Reflection;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace NetSniff.Kube.Resources.Schemas;

/// <summary>The OpenAPI schema of a C# type: names, kinds, bounds, defaults and rules are said once, in the
/// type.</summary>
/// <remarks>What is `required` must be there. What may be null may be left out. What has a value in a fresh object has
/// that value by default.</remarks>
internal static class SchemaOf
{
    /// <param name="withRules">With CEL, for servers that know it.</param>
    public static JsonObject Type(Type type, bool withRules)
    {
        var schema = new JsonObject { ["type"] = "object" };
        Describe(schema, type.GetCustomAttribute<DescriptionAttribute>());
        if (withRules) AddRules(schema, type.GetCustomAttributes<RuleAttribute>());
        var fresh = Fresh(type);
        var required = new JsonArray();
        var properties = new JsonObject();
        foreach (var property in Properties(type))
        {
            var name = NameOf(property);
            properties[name] = Property(property, fresh, withRules);
            if (IsRequired(property)) required.Add(name);
        }

        if (type.GetCustomAttribute<AtomicAttribute>() is not null) schema["x-kubernetes-map-type"] = "atomic";
        if (required.Count > 0) schema["required"] = required;
        if (properties.Count > 0) schema["properties"] = properties;
        return schema;
    }

    public static IEnumerable<PropertyInfo> Properties(Type type) =>
        type.GetProperties(BindingFlags.Public | BindingFlags.Instance | BindingFlags.DeclaredOnly)
            .Where(static property => property.CanWrite);

    public static string NameOf(PropertyInfo property) => JsonNames.Of(property.Name);

    private static bool IsRequired(PropertyInfo property) =>
        property.GetCustomAttribute<System.Runtime.CompilerServices.RequiredMemberAttribute>() is not null;

    /// <summary>An object as nobody has said anything of it; null where a field is required.</summary>
    private static object? Fresh(Type type) => type.GetConstructor([]) is null ? null : Activator.CreateInstance(type);

    private static JsonObject Property(PropertyInfo property, object? fresh, bool withRules)
    {
        var schema = Value(property.PropertyType, property, withRules);
        Describe(schema, property.GetCustomAttribute<DescriptionAttribute>());
        if (withRules) AddRules(schema, property.GetCustomAttributes<RuleAttribute>());
        if (!IsRequired(property) && fresh is not null && property.GetValue(fresh) is { } value
            && Default(value) is { } without)
        {
            schema["default"] = without;
        }

        return schema;
    }

    private static JsonObject Value(Type type, PropertyInfo property, bool withRules)
    {
        type = Nullable.GetUnderlyingType(type) ?? type;
        if (type == typeof(string)) return Text(property.GetCustomAttribute<TextAttribute>());
        if (type == typeof(bool)) return new JsonObject { ["type"] = "boolean" };
        if (type == typeof(int) || type == typeof(long)) return Number(type, property);
        if (type == typeof(DateTimeOffset)) return new JsonObject { ["type"] = "string", ["format"] = "date-time" };
        if (type == typeof(Duration)) return Duration.Schema();
        if (type == typeof(Quantity)) return Quantity.Schema();
        if (type == typeof(IntOrPercent)) return IntOrPercent.Schema();
        if (type == typeof(JsonObject)) return Anything();
        if (type.IsEnum)
        {
            return new JsonObject
            {
                ["type"] = "string", ["enum"] = new JsonArray([.. Enum.GetNames(type).Select(name => (JsonNode)name)]),
            };
        }

        if (type.IsGenericType && type.GetGenericTypeDefinition() == typeof(IReadOnlyList<>))
        {
            return List(type.GetGenericArguments()[0], property, withRules);
        }

        if (type.IsGenericType && type.GetGenericTypeDefinition() == typeof(IReadOnlyDictionary<,>))
        {
            return new JsonObject
            {
                ["type"] = "object",
                ["maxProperties"] = property.GetCustomAttribute<EntriesAttribute>()!.Max,
                ["additionalProperties"] = Value(type.GetGenericArguments()[1], property, withRules),
            };
        }

        return Type(type, withRules);
    }

    private static JsonObject Anything() =>
        new() { ["type"] = "object", ["x-kubernetes-preserve-unknown-fields"] = true };

    private static JsonObject Text(TextAttribute? text)
    {
        var schema = new JsonObject { ["type"] = "string" };
        if (text is null) return schema;

        if (text.Min > 0) schema["minLength"] = text.Min;
        schema["maxLength"] = text.Max;
        if (text.Pattern.Length > 0) schema["pattern"] = text.Pattern;
        return schema;
    }

    private static JsonObject Number(Type type, PropertyInfo property)
    {
        var schema = new JsonObject
        {
            ["type"] = "integer", ["format"] = type == typeof(int) ? "int32" : "int64",
        };
        if (property.GetCustomAttribute<NumberAttribute>() is not { } bounds) return schema;

        schema["minimum"] = bounds.Min;
        // The API server reads a bound as a floating-point number, and this one as less than any.
        if (bounds.Max < long.MaxValue) schema["maximum"] = bounds.Max;
        return schema;
    }

    private static JsonObject List(Type entry, PropertyInfo property, bool withRules)
    {
        var entries = property.GetCustomAttribute<EntriesAttribute>()
            ?? throw new InvalidOperationException($"{property.DeclaringType}.{property.Name} has no bound");
        var schema = new JsonObject { ["type"] = "array" };
        if (entries.Min > 0) schema["minItems"] = entries.Min;
        schema["maxItems"] = entries.Max;
        schema["x-kubernetes-list-type"] = entries.IsAtomic ? "atomic" : entries.Keys.Length > 0 ? "map" : "set";
        if (entries.Keys.Length > 0)
        {
            schema["x-kubernetes-list-map-keys"] =
                new JsonArray([.. entries.Keys.Split(',').Select(key => (JsonNode)key)]);
        }

        schema["items"] = Value(entry, property, withRules);
        return schema;
    }

    private static void Describe(JsonObject schema, DescriptionAttribute? about)
    {
        if (about is not null) schema["description"] = about.Description;
    }

    private static void AddRules(JsonObject schema, IEnumerable<RuleAttribute> rules)
    {
        JsonArray list =
        [
            .. rules.Select(static rule =>
            {
                var said = new JsonObject { ["rule"] = rule.Expression, ["message"] = rule.Message };
                if (rule.FieldPath.Length > 0) said["fieldPath"] = rule.FieldPath;
                return (JsonNode)said;
            }),
        ];
        if (list.Count > 0) schema["x-kubernetes-validations"] = list;
    }

    /// <summary>An inner object defaults to an empty one, and its own fields to what they do.</summary>
    private static JsonNode? Default(object value) => value switch
    {
        string or bool or int or long or Enum or Duration or Quantity or IntOrPercent =>
            JsonSerializer.SerializeToNode(value, value.GetType(), ResourceJson.Options),
        IEnumerable list => list.Cast<object>().Any()
            ? JsonSerializer.SerializeToNode(value, value.GetType(), ResourceJson.Options) : null,
        _ => new JsonObject(),
    };
}
