"""The models that GloCTM is compared with, all behind one interface (``model.TopicModel``)."""
