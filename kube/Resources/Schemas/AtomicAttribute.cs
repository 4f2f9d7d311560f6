namespace NetSniff.Kube.Resources.Schemas;

/// <summary>Who applies an object of this type replaces it whole.</summary>
[AttributeUsage(AttributeTargets.Class)]
internal sealed class AtomicAttribute : Attribute;
