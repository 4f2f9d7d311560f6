using System.Text.Json.Serialization;

namespace NetSniff.Cli.Commands.Ui;

/// <summary>Why the page gets no answer (RFC 9457), in the form in which workers say it.</summary>
internal sealed record UiProblem(
    [property: JsonPropertyName("type")] string Type,
    [property: JsonPropertyName("title")] string Title,
    [property: JsonPropertyName("status")] int Status,
    [property: JsonPropertyName("detail")] string Detail);

[JsonSerializable(typeof(UiProblem))]
internal sealed partial class UiJson : JsonSerializerContext;
