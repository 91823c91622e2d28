from specc.program.model import Program
def elaborate_job(frame, module, models):
    return Program(models, None, (), (), (), (), None, (), {})
